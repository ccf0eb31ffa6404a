"""Reads the header of a BAM file without trusting any length in it (SAM specification 1.6, section 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from qc.formats.base import shown
from qc.formats.sam_header import SamHeader, check_header_text

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.feed import Feed

MAX_TEXT = 1 << 27
MAX_REFERENCES = 1 << 21
MAX_NAME = 1 << 16


class BadHeader(Exception):
    """The binary header cannot be read to its end; the finding is logged."""


class BamHeader(msgspec.Struct, frozen=True):
    """The checked header text and the names and lengths of the binary reference dictionary, in order."""

    text: SamHeader
    names: list[bytes]
    lengths: list[int]


def read_bam_header(feed: Feed, findings: FindingLog) -> BamHeader:
    """Reads magic, text and dictionary. Raises BadHeader, or EndOfData when the data ends inside."""
    if feed.take(4) != b"BAM\1":
        findings.error("bam_magic", "The data does not begin with BAM and the version 1.", offset=0, expected="BAM\\1")
        raise BadHeader
    text = feed.take(_length(feed, "l_text", 0, MAX_TEXT, findings))
    header = check_header_text(text, findings)
    count = _length(feed, "n_ref", 0, MAX_REFERENCES, findings)
    names: list[bytes] = []
    lengths: list[int] = []
    for index in range(count):
        name = feed.take(_length(feed, "l_name", 1, MAX_NAME, findings))
        if name.find(b"\0") != len(name) - 1:
            message = f"The name of reference {index + 1} in the binary header does not end with its only NUL."
            findings.error("reference_name", message, offset=feed.offset, found=name)
        names.append(name.rstrip(b"\0"))
        lengths.append(_length(feed, "l_ref", 0, 2**31 - 1, findings))
    _compare(header, names, lengths, findings)
    return BamHeader(text=header, names=names, lengths=lengths)


def _length(feed: Feed, field: str, low: int, high: int, findings: FindingLog) -> int:
    at = feed.offset
    value = feed.number()
    if not low <= value <= high:
        findings.error(
            "header_length",
            f"The header field {field} at byte {at} is {value}, outside {low} to {high}.",
            offset=at,
            found=str(value),
            expected=f"{low} to {high}",
        )
        raise BadHeader
    return value


def _compare(header: SamHeader, names: list[bytes], lengths: list[int], findings: FindingLog) -> None:
    """The @SQ lines, when there are any, agree with the binary dictionary in names, order and lengths."""
    if not header.references:
        return
    told = list(header.references.items())
    for index, (have, text) in enumerate(zip(zip(names, lengths, strict=True), told, strict=False)):
        if have != text:
            message = (
                f"Reference {index + 1} is '{shown(have[0])}' in the dictionary but '{shown(text[0])}' in the text."
            )
            found, expected = f"{shown(have[0])} {have[1]}", f"{shown(text[0])} {text[1]}"
            findings.error("dictionary_differs", message, found=found, expected=expected)
            return
    if len(names) != len(told):
        message = f"The dictionary has {len(names)} references but the header text has {len(told)} @SQ lines."
        findings.error("dictionary_differs", message, found=str(len(names)), expected=str(len(told)))
