"""The wire shapes of messages from a laboratory's information system, told apart by `event`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from app.api.archive.structs.common import Line, Md5, Name, ReadNumber, Short
from app.api.archive.structs.experiments import ExperimentPatch
from app.api.archive.structs.samples import SamplePatch


class LimsSampleIn(SamplePatch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sample that the laboratory registered: made in its project, or, where the alias is there, merged into it."""

    alias: Line
    project_accession: Short


class LimsSampleRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sample that is known; without a project it is one that the laboratory's account registered."""

    alias: Line
    project_accession: Short | None = None


class LimsLibraryIn(ExperimentPatch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A library: the experiment of this alias is made, or the fields are merged into it.

    Without an instrument it is `unspecified`; a source follows from the strategy.
    """

    alias: Line


class LimsLibraryRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A library that is known."""

    alias: Line


class LimsFileIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that the sequencing made; one of read 2 is the mate of the read 1 that is listed before it."""

    filename: Line
    checksum_md5: Md5
    read_number: ReadNumber | None = None


class LimsSequencingIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the library was sequenced with, and the files that came of it."""

    platform: Line | msgspec.UnsetType = msgspec.UNSET
    instrument_model: Line | msgspec.UnsetType = msgspec.UNSET
    files: Annotated[list[LimsFileIn], msgspec.Meta(max_length=100)] = []


class _Delivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="event"):
    delivery_id: Name
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]


class SampleRegisteredIn(_Delivery, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sample_registered"):
    """A sample was registered in the laboratory."""

    sample: LimsSampleIn


class LibraryPreparedIn(_Delivery, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="library_prepared"):
    """A library was prepared of a sample."""

    sample: LimsSampleRef
    library: LimsLibraryIn


class SequencingCompleteIn(_Delivery, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sequencing_complete"):
    """The sequencing of a library is complete."""

    sample: LimsSampleRef
    library: LimsLibraryRef
    sequencing: LimsSequencingIn


LimsMessageIn = SampleRegisteredIn | LibraryPreparedIn | SequencingCompleteIn


class LimsFileOut(msgspec.Struct, frozen=True):
    """What became of a file: `linked` as a run, `absent`, or where the staged file stands (verifying, rejected, …)."""

    filename: str
    checksum_md5: str
    status: str
    run_accession: str | None
    reason: str | None


class LimsOut(msgspec.Struct, frozen=True):
    """What a message did to the record that it is about; files that are not linked yet are awaited."""

    delivery_id: str
    event: str
    result: Literal["created", "updated", "unchanged"]
    sample_accession: str
    experiment_accession: str | None
    files: list[LimsFileOut]
