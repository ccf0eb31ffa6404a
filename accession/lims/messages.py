"""What a laboratory's system tells: a sample registered, a library prepared, a sequencing that is complete."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class SampleNamed(msgspec.Struct, frozen=True):
    """A sample by its alias; without a project it is one that the laboratory's account registered itself."""

    alias: str
    project: str | None = None


class SampleRegistered(msgspec.Struct, frozen=True):
    """A sample that is to exist as told; `fields` are those of a sample, with the accession of its subject if any."""

    sample: SampleNamed
    fields: dict[str, Any]


class LibraryPrepared(msgspec.Struct, frozen=True):
    """An experiment of a sample, by its alias, that is to exist as told."""

    sample: SampleNamed
    alias: str
    fields: dict[str, Any]


class ExpectedFile(msgspec.Struct, frozen=True):
    """A file that a sequencing made; one of read 2 is the mate of the read 1 that is listed before it."""

    filename: str
    md5: str
    read_number: int | None = None


class SequencingComplete(msgspec.Struct, frozen=True):
    """What an experiment was sequenced with, and the files that came of it."""

    sample: SampleNamed
    alias: str
    fields: dict[str, Any]
    files: tuple[ExpectedFile, ...] = ()


class Message(msgspec.Struct, frozen=True):
    """One delivery: `digest` is that of its content, so that the same again is told from another one."""

    delivery_id: str
    event: str
    occurred_at: datetime
    digest: str
    told: SampleRegistered | LibraryPrepared | SequencingComplete


class FileOutcome(msgspec.Struct, frozen=True):
    """What became of an expected file.

    `status`: linked (it is a run), absent (not uploaded), or where a staged file stands, such as verifying or rejected.
    """

    filename: str
    checksum_md5: str
    status: str
    run_accession: str | None = None
    reason: str | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What a delivery did: `result` is created, updated or unchanged."""

    delivery_id: str
    event: str
    result: str
    sample_accession: str
    experiment_accession: str | None = None
    files: list[FileOutcome] = []
