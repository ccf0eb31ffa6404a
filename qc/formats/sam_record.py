"""Judges one alignment by its decoded fields, however the file is packed (SAM specification 1.6, section 1.4)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from qc.formats.base import shown
from qc.formats.sam_tag_rules import modification_fault, type_fault, value_fault
from qc.formats.sam_tags import TAGS, USUAL_TAGS, bad_tag, out_of_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qc.formats.base import FindingLog
    from qc.formats.sam_cigar import Cigar
    from qc.formats.sam_header import SamHeader
    from qc.formats.sam_tag_rules import TagFault

UNMAPPED, KNOWN_FLAGS = 0x4, 0xFFF
MOST_SHAPES = 4096
MOST_TAGS = 256
MOST_NAMES = 52 * 62
VALUED = frozenset({b"MD", b"MC", b"SA", b"OQ", b"BQ", b"MN", b"RG", b"PG"})


class Fields(NamedTuple):
    """The fields of one record: references as indices (-1: *), positions from 1 (0: none), no SEQ as length 0."""

    flag: int
    reference: int
    position: int
    cigar: Cigar
    next_reference: int
    next_position: int
    length: int


class Shape(NamedTuple):
    """What the tags and types of a record tell: fields whose value needs a look, wrong types, a tag that is twice."""

    special: tuple[int, ...]
    faults: tuple[tuple[bytes, TagFault], ...]
    twice: bytes | None


class RecordRules:
    """The rules for one record; `lengths` are those of the references, in the order of their indices.

    `place` names the record: `record`, and `line` or `offset` where they are known. Warnings are told once a file.
    """

    def __init__(self, header: SamHeader, lengths: Sequence[int], findings: FindingLog) -> None:
        self.lengths = lengths
        self._header = header
        self._circular = {index for index, name in enumerate(header.references) if name in header.circular}
        self._findings = findings
        self._shapes: dict[tuple[bytes, ...], Shape] = {}

    def check(self, fields: Fields, place: dict[str, Any]) -> None:
        """Logs what is wrong with fields that are numbers of the right range and references that exist."""
        if fields.flag > KNOWN_FLAGS:
            self._tell("flag_bits", "sets bits of FLAG that have no meaning yet", str(fields.flag), "0 to 4095", place)
        self._check_cigar(fields, place)
        if not fields.flag & UNMAPPED and (fields.reference == -1 or not fields.position):
            message = f"{subject(place)} is mapped but has no place on a reference."
            self._findings.warn_once("mapped_without_place", message, expected="RNAME and POS, or FLAG 0x4", **place)
        self._check_ends(fields, place)

    def check_tags(self, text: bytes, length: int, place: dict[str, Any]) -> None:
        """Logs what is wrong with the optional fields, joined by tabs (section 1.5). `length` is that of SEQ or 0."""
        if text.count(b"\t") >= MOST_NAMES:
            message = f"{subject(place)} has more tags than there are names for them."
            self._findings.error("tag_twice", message, expected="each tag once", **place)
            return
        usual = USUAL_TAGS.fullmatch(text)
        if not usual and not TAGS.fullmatch(text):
            code, message, found = bad_tag(text, where(place))
            self._findings.error(code, message, found=found, expected="TAG:TYPE:VALUE", **place)
            return
        fields = text.split(b"\t")
        heads = tuple([field[:5] for field in fields])
        shape = self._shapes.get(heads) or self._learn(heads)
        if shape.twice is not None:
            message = f"The tag {shown(shape.twice)} is there twice {where(place)}."
            self._findings.error("tag_twice", message, found=shape.twice, expected="each tag once", **place)
            return
        for tag, fault in shape.faults:
            self._tell_tag(tag, fault, tag, place)
        for index in shape.special if usual else range(len(fields)):
            self._check_value(fields[index], length, place)
        if b"MM:Z:" in heads:
            self._check_modifications(fields, heads, place)

    def _learn(self, heads: tuple[bytes, ...]) -> Shape:
        """What follows from tags and types alone."""
        tags = [head[:2] for head in heads]
        faults = tuple((head[:2], fault) for head in heads if (fault := type_fault(head[:2], head[3:4])))
        faulty = {tag for tag, _ in faults}
        special = tuple(i for i, head in enumerate(heads) if _has_value_rule(head) and head[:2] not in faulty)
        twice = next((tag for tag, count in Counter(tags).items() if count > 1), None)
        shape = Shape(special, faults, twice)
        if len(self._shapes) < MOST_SHAPES and len(heads) < MOST_TAGS:
            self._shapes[heads] = shape
        return shape

    def _check_value(self, field: bytes, length: int, place: dict[str, Any]) -> None:
        tag, value = field[:2], field[5:]
        if field[3:4] != b"Z" and (allowed := out_of_range(field)):
            message = f"The tag {shown(tag)} {where(place)} holds a number out of range."
            self._findings.error("tag_range", message, found=field, expected=allowed, **place)
        elif tag == b"RG" and value not in self._header.read_groups:
            self._undeclared_group(value, place)
        elif tag == b"PG" and value not in self._header.programs:
            self._tell("tag_program", "names a program that the header does not declare", value, "an @PG ID", place)
        if fault := value_fault(tag, value, length):
            self._tell_tag(tag, fault, value, place)

    def _undeclared_group(self, value: bytes, place: dict[str, Any]) -> None:
        """SAM tags: where there are @RG lines, RG must match one of them."""
        says, expected = "names a read group that the header does not declare", "an @RG ID"
        if self._header.read_groups:
            message = f"{subject(place)} {says}."
            self._findings.error("read_group", message, found=value, expected=expected, **place)
        else:
            self._tell("read_group_undeclared", says, value, expected, place)

    def _check_modifications(self, fields: list[bytes], shape: tuple[bytes, ...], place: dict[str, Any]) -> None:
        text = fields[shape.index(b"MM:Z:")][5:]
        likelihoods = next((field.count(b",") for field in fields if field.startswith(b"ML:B:")), None)
        if fault := modification_fault(text, likelihoods):
            self._tell_tag(b"MM", fault, text, place)

    def _check_cigar(self, fields: Fields, place: dict[str, Any]) -> None:
        cigar = fields.cigar
        if cigar.query is not None and fields.length and cigar.query != fields.length:
            message = f"The CIGAR {where(place)} covers {cigar.query} bases but SEQ has {fields.length}."
            found, expected = str(cigar.query), str(fields.length)
            self._findings.error("cigar_length", message, found=found, expected=expected, **place)
        if cigar.zero:
            self._tell("cigar_zero", "has an operation of length 0 in its CIGAR", "0", "1 or more", place)
        if cigar.adjacent:
            self._tell("cigar_adjacent", "has the same operation twice in a row in its CIGAR", "", "one", place)

    def _check_ends(self, fields: Fields, place: dict[str, Any]) -> None:
        if fields.reference >= 0 and fields.position:
            length = self.lengths[fields.reference]
            last = fields.position - 1 + (0 if fields.flag & UNMAPPED else fields.cigar.reference)
            if max(last, fields.position) > length and fields.reference not in self._circular:
                says = f"ends past the end of its reference of {length} bases"
                self._tell("pos_past_end", says, str(max(last, fields.position)), f"at most {length}", place)
        if fields.next_reference >= 0 and fields.next_position > self.lengths[fields.next_reference]:
            length = self.lengths[fields.next_reference]
            says = f"has its mate past the end of a reference of {length} bases"
            self._tell("pnext_past_end", says, str(fields.next_position), f"at most {length}", place)

    def _tell_tag(self, tag: bytes, fault: TagFault, found: bytes, place: dict[str, Any]) -> None:
        message = f"The tag {shown(tag)} {where(place)} {fault.says}."
        if fault.refused:
            self._findings.error(fault.code, message, found=found, expected=fault.expected, **place)
        else:
            about = tag.decode("latin-1")
            self._findings.warn_once(fault.code, message, about=about, found=found, expected=fault.expected, **place)

    def _tell(self, code: str, says: str, found: str | bytes, expected: str, place: dict[str, Any]) -> None:
        message = f"{subject(place)} {says}."
        self._findings.warn_once(code, message, found=found or None, expected=expected, **place)


def subject(place: dict[str, Any]) -> str:
    """Begins a sentence about a record."""
    return f"The record at line {place['line']}" if "line" in place else f"Record {place['record']}"


def where(place: dict[str, Any]) -> str:
    """Goes on a sentence about something in a record."""
    return f"at line {place['line']}" if "line" in place else f"of record {place['record']}"


def _has_value_rule(head: bytes) -> bool:
    """Says whether a field that begins like this needs a look at its value, once its grammar is good."""
    return head[3:4] == b"B" or head[:2] in VALUED
