"""The bodies of moves from state to state."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.api.archive.structs.common import Short

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]


class ReasonIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a record is suppressed or withdrawn; everyone who asks for it reads that."""

    reason: Reason


class ReplaceIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which public record of the same kind is to be used instead, and why."""

    replaced_by: Short
    reason: Reason


class NothingIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""
