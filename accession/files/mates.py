"""Tells from what the checks of two FASTQ files found whether their reads are mates, without reading them again."""

from __future__ import annotations

from typing import Protocol


class Reads(Protocol):
    """What is known of a file of reads; `records` and `names_digest` are None until it is checked."""

    @property
    def filename(self) -> str:
        """The file's own name."""

    @property
    def md5(self) -> str | None:
        """The MD5 of its bytes."""

    @property
    def records(self) -> int | None:
        """How many reads it holds."""

    @property
    def names_digest(self) -> str | None:
        """A digest of its read names, the same for both files of a pair."""


def why_no_mates(one: Reads, two: Reads) -> str | None:
    """What keeps two FASTQ files from being a pair, as a sentence; None where nothing known speaks against it."""
    first, second = repr(one.filename), repr(two.filename)
    if one.records is None or two.records is None:
        return None
    if one.records != two.records:
        return f"{first} has {one.records:,} reads, {second} {two.records:,}: they are no pair."
    if one.names_digest is None or two.names_digest is None:
        return None
    if one.names_digest != two.names_digest:
        return f"{first} and {second} have {one.records:,} reads each, but the read names differ: they are no pair."
    if one.md5 is not None and one.md5 == two.md5:
        return f"{first} and {second} are the same bytes (MD5 {one.md5}), not the two files of a pair."
    return None
