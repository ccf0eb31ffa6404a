"""Takes one BAM record apart and says exactly what is wrong with it (SAM specification 1.6, section 4.2)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from qc.formats.alignment_tally import Alignment
from qc.formats.bam_tags import BadTags, read_tags
from qc.formats.sam_cigar import CLIP, SKIP, Cigar, read_binary_cigar
from qc.formats.sam_line import NAME
from qc.formats.sam_record import Fields, RecordRules, subject, where

if TYPE_CHECKING:
    from qc.formats.bam_header import BamHeader
    from qc.formats.bam_tags import Tags
    from qc.formats.base import FindingLog

FIXED = struct.Struct("<iiBBHHHiiii")
FIXED_SIZE = FIXED.size
LETTERS = bytes(b"=ACMGRSVTWYHKDBN"[int(chr(c), 16)] if chr(c) in "0123456789abcdef" else 0 for c in range(256))
UNMAPPED = 0x4
BIN_LIMIT = 1 << 29


class BamRecordCheck:
    """Checks records against the dictionary and the header of their file."""

    def __init__(self, header: BamHeader, findings: FindingLog) -> None:
        self._lengths = header.lengths
        self._findings = findings
        self._rules = RecordRules(header.text, header.lengths, findings)

    def take(self, body: bytes, place: dict[str, Any]) -> Alignment:
        """Logs every fault of a record and returns what counts of it.

        `body` comes after block_size and has at least 32 bytes; `place` holds the record's number and offset.
        """
        (
            reference,
            position,
            name_size,
            quality,
            told_bin,
            operations,
            flag,
            bases,
            next_reference,
            next_position,
            tlen,
        ) = FIXED.unpack_from(body)
        needed = FIXED_SIZE + name_size + 4 * operations + (bases + 1) // 2 + bases
        if bases < 0 or needed > len(body):
            message = f"The fields {where(place)} need more room than its block_size of {len(body)} gives."
            found, expected = f"{len(body)} bytes", f"{needed} bytes"
            self._findings.error("record_size", message, found=found, expected=expected, **place)
            return Alignment(flag, mapping_quality=quality)
        good = self._good_place("refID", reference, position, place)
        next_good = self._good_place("next_refID", next_reference, next_position, place)
        self._check_name(body[FIXED_SIZE : FIXED_SIZE + name_size], place)
        at = FIXED_SIZE + name_size
        sequence_at = at + 4 * operations
        qualities = body[needed - bases : needed]
        if qualities and max(qualities) > 93 and qualities.count(255) != len(qualities):
            message = f"{subject(place)} has a quality above 93."
            self._findings.error("qual", message, found=str(max(qualities)), expected="0 to 93, or all 255", **place)
        tags = self._tags(body, needed, place)
        cigar = self._cigar(body[at:sequence_at], bases, tags, place)
        if good and position >= 0:
            self._check_bin(told_bin, position, 0 if flag & UNMAPPED else cigar.reference, place)
        at, beside = (reference if good else -2), (next_reference if next_good else -2)
        self._rules.check(Fields(flag, at, position + 1, cigar, beside, next_position + 1, bases), place)
        if tags and tags.text:
            self._rules.check_tags(tags.text, bases, place)
        sequence = body[sequence_at : needed - bases].hex().encode().translate(LETTERS)[:bases]
        scores = b"" if qualities[:1] == b"\xff" else qualities
        return Alignment(flag, max(at, -1), position, quality, tlen, bases, cigar.blocks, sequence, scores)

    def _good_place(self, field: str, reference: int, position: int, place: dict[str, Any]) -> bool:
        if not -1 <= reference < len(self._lengths):
            message = f"{field} {where(place)} is {reference} but the dictionary has {len(self._lengths)} references."
            expected = f"-1 to {len(self._lengths) - 1}"
            self._findings.error("ref_id", message, found=str(reference), expected=expected, **place)
            return False
        if position < -1:
            message = f"The position {where(place)} is {position}."
            self._findings.error("pos", message, found=str(position), expected="-1 or more", **place)
            return False
        return True

    def _check_name(self, name: bytes, place: dict[str, Any]) -> None:
        if name[-1:] != b"\0" or not NAME.fullmatch(name[:-1]):
            message = f"The name {where(place)} is not 1 to 254 printable characters without '@' and a NUL."
            expected = "printable characters without @ and blanks, NUL"
            self._findings.error("qname", message, found=name, expected=expected, **place)

    def _check_bin(self, told: int, position: int, covered: int, place: dict[str, Any]) -> None:
        """Section 5.3: the bin of an index that a record belongs to; long references have no such bins."""
        end = position + max(covered, 1)
        if end <= BIN_LIMIT and told != (wanted := bin_of(position, end)):
            message = f"{subject(place)} says that it belongs to another bin than its place does."
            self._findings.warn_once("bin", message, found=str(told), expected=str(wanted), **place)

    def _tags(self, body: bytes, at: int, place: dict[str, Any]) -> Tags | None:
        try:
            return read_tags(body, at)
        except BadTags as bad:
            message = f"{subject(place)} {bad}."
            self._findings.error(bad.code, message, found=bad.found, expected=bad.expected, **place)
            return None

    def _cigar(self, data: bytes, bases: int, tags: Tags | None, place: dict[str, Any]) -> Cigar:
        """The CIGAR; one of more than 65535 operations is in the tag CG, beside a stand-in (section 4.2.2)."""
        if tags and tags.long_cigar and is_stand_in(data, bases):
            data = tags.long_cigar
        cigar = read_binary_cigar(data)
        if cigar.problem:
            message = f"The CIGAR {where(place)} {cigar.problem}."
            self._findings.error("cigar", message, expected="known operations, clips at the ends", **place)
            return Cigar()
        return cigar


def is_stand_in(cigar: bytes, bases: int) -> bool:
    """Says whether a CIGAR only says where the read lies: all of it clipped, then a skip over the reference."""
    return len(cigar) == 8 and int.from_bytes(cigar[:4], "little") == bases << 4 | CLIP and cigar[4] & 15 == SKIP


def bin_of(start: int, end: int) -> int:
    """The bin of the 0-based half-open region [start, end) (section 5.3, reg2bin)."""
    end -= 1
    for shift, first in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        if start >> shift == end >> shift:
            return first + (start >> shift)
    return 0


def name_of(body: bytes) -> bytes:
    """The name of a record, whatever it is, without its NUL."""
    return body[FIXED_SIZE : FIXED_SIZE + body[8]].rstrip(b"\0")
