"""Messages of a laboratory's system as the domain takes them, and what they did as the dialect answers it."""

from __future__ import annotations

from typing import Any

import msgspec

from accession.catalog.drafts import digest_of
from accession.lims.messages import (
    ExpectedFile,
    LibraryPrepared,
    Message,
    Outcome,
    SampleNamed,
    SampleRegistered,
    SequencingComplete,
)
from app.api.archive.mapping.records import changes_of
from app.api.archive.structs.lims import (
    LibraryPreparedIn,
    LimsFileOut,
    LimsMessageIn,
    LimsOut,
    SampleRegisteredIn,
)


def message_of(body: LimsMessageIn) -> Message:
    """The message; its digest is that of its content, however the sender wrote it down."""
    event = str(body.__struct_config__.tag)
    content = msgspec.to_builtins(body)
    return Message(body.delivery_id, event, body.occurred_at, digest_of(content), _told(body))


def _told(body: LimsMessageIn) -> SampleRegistered | LibraryPrepared | SequencingComplete:
    sample = SampleNamed(body.sample.alias, body.sample.project_accession)
    if isinstance(body, SampleRegisteredIn):
        return SampleRegistered(sample, _fields(body.sample, "alias", "project_accession"))
    if isinstance(body, LibraryPreparedIn):
        return LibraryPrepared(sample, body.library.alias, _fields(body.library, "alias"))
    files = [ExpectedFile(one.filename, one.checksum_md5.lower(), one.read_number) for one in body.sequencing.files]
    return SequencingComplete(sample, body.library.alias, _fields(body.sequencing, "files"), tuple(files))


def _fields(body: msgspec.Struct, *but: str) -> dict[str, Any]:
    """The fields that are given, null among them."""
    return {name: value for name, value in changes_of(body).items() if name not in but}


def outcome_out(outcome: Outcome) -> LimsOut:
    """What was done."""
    files = [LimsFileOut(f.filename, f.checksum_md5, f.status, f.run_accession, f.reason) for f in outcome.files]
    return msgspec.convert({**msgspec.structs.asdict(outcome), "files": files}, type=LimsOut)
