"""Everybody who asks in the matrix of permissions, and the one table of what each of them may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How far a project, with everything in it, has come."""

    DRAFT = "draft"
    PRIVATE = "private"
    EMBARGOED = "embargoed"
    PUBLIC = "public"
    SUPPRESSED = "suppressed"
    WITHDRAWN = "withdrawn"


LISTED = {State.PUBLIC}
ANSWERED = {State.PUBLIC, State.SUPPRESSED}
HELD_BACK = {State.DRAFT, State.PRIVATE, State.EMBARGOED}


@dataclass(frozen=True)
class Caller:
    """`sees`: what is held back too; `personal`: the personal fields of subjects; the rest are verbs."""

    name: str
    signed_in: bool = True
    sees: bool = False
    personal: bool = False
    contributes: bool = False
    shares: bool = False
    manages: bool = False
    owns: bool = False
    admin: bool = False
    grounded: bool = False
    bad_token: bool = False


def _in(name: str, **verbs: bool) -> Caller:
    return Caller(name, sees=True, personal=True, **verbs)


EDIT = {"contributes": True}
SHARE = {"contributes": True, "shares": True}
MANAGE = {"contributes": True, "shares": True, "manages": True}
CALLERS: tuple[Caller, ...] = (
    Caller("anonymous", signed_in=False),
    Caller("stranger"),
    Caller("reviewer", signed_in=False, sees=True),
    _in("org_viewer"),
    _in("org_contributor", **EDIT),
    _in("org_admin", **MANAGE),
    _in("reader"),
    _in("editor", **EDIT),
    _in("sharer", **SHARE),
    _in("group_reader"),
    _in("group_editor", **EDIT),
    _in("group_sharer", **SHARE),
    _in(
        "grounded", grounded=True
    ),  # an account of the role viewer, with a grant to share: it changes nothing all the same
    _in("owner", **MANAGE, owns=True),
    _in("admin", **MANAGE, owns=True, admin=True),
    Caller("lapsed"),  # whose grants have expired
    Caller("left"),  # who was in a group with a grant
    Caller("expired", bad_token=True),
    Caller("revoked", bad_token=True),
    Caller("deactivated", bad_token=True),
    Caller("revoked_reviewer", bad_token=True),
    Caller("expired_reviewer", bad_token=True),
)


def visible(caller: Caller, state: State, *, by_accession: bool = True) -> bool:
    """Whether a record of a project in this state answers to the caller at all; a withdrawn one to nobody."""
    if caller.bad_token or state is State.WITHDRAWN:
        return False
    return caller.sees or state in (ANSWERED if by_accession else LISTED)


BELONGING = {
    "organisations": {"org_viewer", "org_contributor", "org_admin", "owner", "admin"},
    "groups": {"group_editor", "owner", "admin"},
}
LEADING = {"organisations": {"org_admin", "owner", "admin"}, "groups": {"owner", "admin"}}
