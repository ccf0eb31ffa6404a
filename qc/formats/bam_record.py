"""Takes one BAM record apart and says exactly what is wrong with it (SAM specification 1.6, section 4.2)."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

from qc.formats.base import shown
from qc.formats.sam_text import NAME, read_cigar

if TYPE_CHECKING:
    from qc.formats.base import FindingLog

FIXED = struct.Struct("<iiBBHHHiiii")
SIZES = {b"A": 1, b"c": 1, b"C": 1, b"s": 2, b"S": 2, b"i": 4, b"I": 4, b"f": 4}
TAG_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9]")
TEXT = re.compile(rb"[ !-~]*")
HEX = re.compile(rb"([0-9A-Fa-f]{2})*")


def check_bam_record(body: bytes, lengths: list[int], findings: FindingLog, place: dict[str, Any]) -> None:
    """Logs every fault of a record. `body` comes after block_size; `place` holds its number and offset."""
    ref, pos, name_size, _, _, operations, _, bases, next_ref, next_pos, _ = FIXED.unpack_from(body)
    record = place["record"]
    needed = 32 + name_size + 4 * operations + (bases + 1) // 2 + bases
    if bases < 0 or needed > len(body):
        message = f"The fields of record {record} need more room than its block_size of {len(body)} gives."
        findings.error("record_size", message, found=f"{len(body)} bytes", expected=f"{needed} bytes", **place)
        return
    _check_place("refID", ref, pos, lengths, findings, place)
    _check_place("next_refID", next_ref, next_pos, lengths, findings, place)
    name = body[32 : 32 + name_size]
    if name[-1:] != b"\0" or not NAME.fullmatch(name[:-1]):
        message = f"The name of record {record} is not 1 to 254 printable characters without '@' and a NUL."
        findings.error("qname", message, found=name, expected="printable characters without @ and blanks, NUL", **place)
    at = 32 + name_size
    _check_cigar(body[at : at + 4 * operations], bases, findings, place)
    at += 4 * operations + (bases + 1) // 2
    quality = body[at : at + bases]
    if quality and max(quality) > 93 and min(quality) != 255:
        message = f"Record {record} has a quality above 93."
        findings.error("qual", message, found=str(max(quality)), expected="0 to 93, or all 255", **place)
    _check_tags(body, at + bases, findings, place)


def _check_place(
    field: str, ref: int, pos: int, lengths: list[int], findings: FindingLog, place: dict[str, Any]
) -> None:
    record = place["record"]
    if not -1 <= ref < len(lengths):
        message = f"{field} of record {record} is {ref} but the dictionary has {len(lengths)} references."
        findings.error("ref_id", message, found=str(ref), expected=f"-1 to {len(lengths) - 1}", **place)
    elif pos < -1:
        message = f"The position of record {record} is {pos}."
        findings.error("pos", message, found=str(pos), expected="-1 or more", **place)
    elif ref >= 0 and pos >= lengths[ref]:
        message = f"Position {pos + 1} of record {record} is past the end of its reference of {lengths[ref]} bases."
        findings.warning("pos_past_end", message, found=str(pos + 1), expected=f"at most {lengths[ref]}", **place)


def _check_cigar(data: bytes, bases: int, findings: FindingLog, place: dict[str, Any]) -> None:
    words = struct.unpack(f"<{len(data) // 4}I", data)
    record = place["record"]
    if any(word & 15 > 8 for word in words):
        message = f"The CIGAR of record {record} holds an unknown operation."
        findings.error("cigar", message, found=str(max(word & 15 for word in words)), expected="0 to 8", **place)
        return
    text = b"".join(b"%d%c" % (word >> 4, b"MIDNSHP=X"[word & 15]) for word in words) or b"*"
    problem, query = read_cigar(text)
    if problem:
        findings.error("cigar", f"The CIGAR of record {record} {problem}.", found=text, **place)
    elif query is not None and bases and query != bases:
        message = f"The CIGAR of record {record} covers {query} bases but the sequence has {bases}."
        findings.error("cigar_length", message, found=str(query), expected=str(bases), **place)


def _check_tags(body: bytes, at: int, findings: FindingLog, place: dict[str, Any]) -> None:
    record = place["record"]
    seen: set[bytes] = set()
    while at < len(body):
        tag, kind = body[at : at + 2], body[at + 2 : at + 3]
        end = _tag_end(body, at, kind)
        if not TAG_NAME.fullmatch(tag) or end is None:
            message = f"Record {record} holds an optional field that is not a tag, a type and a value of it."
            findings.error("tag", message, found=body[at : at + 12], expected="tag, type, value", **place)
            return
        if end > len(body):
            message = f"The tag {shown(tag)} of record {record} runs past the end of the record."
            findings.error("tag_size", message, found=f"{end - at} bytes", expected=f"{len(body) - at} bytes", **place)
            return
        text = {b"Z": TEXT, b"H": HEX}.get(kind)
        if text and not text.fullmatch(body, at + 3, end - 1):
            message = f"The tag {shown(tag)} of record {record} holds characters that its type does not allow."
            findings.error(
                "tag_value", message, found=body[at + 3 : end - 1], expected="printable or hexadecimal", **place
            )
        if tag in seen:
            message = f"Record {record} has the tag {shown(tag)} twice."
            findings.error("tag_twice", message, found=tag, expected="each tag once", **place)
            return
        seen.add(tag)
        at = end


def _tag_end(body: bytes, at: int, kind: bytes) -> int | None:
    """Where the tag at this place ends (perhaps past the record); None for an unknown type or a missing NUL."""
    if kind in SIZES:
        return at + 3 + SIZES[kind]
    if kind in (b"Z", b"H") and kind:
        nul = body.find(b"\0", at + 3)
        return nul + 1 if nul >= 0 else None
    if kind == b"B" and at + 8 <= len(body):
        size = SIZES.get(body[at + 3 : at + 4], 0) * (body[at + 3 : at + 4] != b"A")
        return at + 8 + size * int.from_bytes(body[at + 4 : at + 8], "little") if size else None
    return None
