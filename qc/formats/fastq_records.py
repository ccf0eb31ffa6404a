"""Reads FASTQ records one at a time and says exactly what is wrong with one, and where.

The format is described by Cock et al. 2010 (Nucleic Acids Res. 38, 1767): '@' and a name, bases, '+' and perhaps the
name again, one printable quality character for each base; sequence and quality may be wrapped over several lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from qc.formats.base import shown
from qc.formats.fastq_blocks import IUPAC

if TYPE_CHECKING:
    from qc.formats.base import FindingLog

BLANK = re.compile(rb"[\r\n]*")
PRINTABLE = bytes(range(33, 127))
NOT_CONTROL = bytes(c for c in range(256) if (c > 31 or c == 9) and c != 127)


class Lost(Exception):
    """The frame is broken, so no record after this place can be told apart; the arguments are those of a finding."""

    def __init__(self, code: str, message: str, **place: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.place = place


class Record(NamedTuple):
    """One record. `line` is that of its name, `sequence_lines` how many lines its bases take; line ends are taken off.

    `ends` is 1 when lines end in LF, 2 when they end in CR LF, 3 when some do this and some that, 0 when none ends.
    """

    name: bytes
    sequence: bytes
    plus: bytes
    quality: bytes
    line: int
    sequence_lines: int
    lines: int
    ends: int
    size: int


def read_record(data: bytes, at: int, line: int, *, final: bool) -> Record | None:
    """The record that starts at `at`; None when its end is not in `data` and more may come.

    Raises Lost when there is no '@', no '+', or when the file ends inside the record.
    """
    reader = _Lines(data, at, final=final)
    name = reader.next()
    if name is None:
        _refuse_cut(line, final=final)
        return None
    if not name.startswith(b"@"):
        hint = " This looks like FASTA." if name.startswith(b">") else ""
        message = f"Line {line} starts with '{shown(name[:1])}' where the '@' of a record was expected.{hint}"
        raise Lost("name_line", message, line=line, found=name, expected="@ and the name of a read")
    sequence, plus = _sequence(reader, line)
    if plus is None:
        _refuse_cut(line, final=final)
        return None
    quality = _quality(reader, sequence)
    if quality is None:
        _refuse_cut(line, final=final)
        return None
    bases = b"".join(sequence)
    return Record(name, bases, plus, quality, line, len(sequence), reader.taken, reader.ends, reader.at - at)


def _sequence(reader: _Lines, line: int) -> tuple[list[bytes], bytes | None]:
    """The lines of bases and the '+' line; a second line of bases is taken only when it holds nothing but bases."""
    lines: list[bytes] = []
    while (text := reader.next()) is not None:
        if lines and text.startswith(b"+"):
            return lines, text
        if lines and (not text or text.translate(None, IUPAC)):
            at = line + len(lines) + 1
            message = f"Line {at} starts with '{shown(text[:1])}' where the '+' line of the record was expected."
            raise Lost("plus_line", message, line=at, found=text, expected="+")
        lines.append(text)
    return lines, None


def _quality(reader: _Lines, sequence: list[bytes]) -> bytes | None:
    first = reader.next()
    if first is None or len(sequence) == 1:
        return first
    wanted = sum(map(len, sequence))
    lines, have = [first], len(first)
    while have < wanted:
        text = reader.next()
        if text is None:
            return None
        lines.append(text)
        have += len(text)
    return b"".join(lines)


def _refuse_cut(line: int, *, final: bool) -> None:
    if final:
        message = f"The file ends inside the record that starts at line {line}."
        raise Lost("record_truncated", message, line=line, expected="name, bases, + and qualities")


class _Lines:
    """Walks the lines of a block; a last line without its newline counts only at the end of the file."""

    def __init__(self, data: bytes, at: int, *, final: bool) -> None:
        self.at = at
        self.taken = 0
        self.ends = 0
        self._data = data
        self._final = final

    def next(self) -> bytes | None:
        end = self._data.find(b"\n", self.at)
        if end < 0:
            if not self._final or self.at >= len(self._data):
                return None
            end = len(self._data)
        text = self._data[self.at : end]
        ended = end < len(self._data)
        self.at = end + ended
        self.taken += 1
        if text.endswith(b"\r"):
            self.ends |= 2
            return text[:-1]
        self.ends |= ended
        return text


def blank_lines(block: bytes, at: int) -> int:
    """How many bytes of blank lines (LF or CRLF) begin at this place."""
    matched = BLANK.match(block, at)
    return matched.end() - at if matched else 0


def measurable(record: Record) -> bool:
    """Says whether a record has as many qualities as bases and all of them are what they should be."""
    faulty = record.sequence.translate(None, IUPAC + b".") or record.quality.translate(None, PRINTABLE)
    return not faulty and len(record.sequence) == len(record.quality)


def check_record(record: Record, number: int, findings: FindingLog) -> None:
    """Logs what is wrong inside one well-framed record: name, bases, repeated name, lengths, quality characters."""
    line = record.line
    if len(record.name) == 1:
        findings.error("name_empty", f"Record {number} has no name.", line=line, record=number, expected="@ and a name")
    elif bad := record.name.translate(None, NOT_CONTROL):
        message = f"The name of record {number} holds the control character {shown(bad[:1])}."
        findings.error(
            "name_character", message, line=line, record=number, found=bad[:1], expected="printable characters"
        )
    elif not record.name.isascii():
        findings.warn_once(
            "name_not_ascii", f"The name of record {number} is not plain ASCII.", line=line, record=number
        )
    _check_bases(record, number, findings)
    plus_line = line + record.sequence_lines + 1
    _check_plus(record, number, plus_line, findings)
    _check_quality(record, number, plus_line + 1, findings)


def _check_plus(record: Record, number: int, line: int, findings: FindingLog) -> None:
    """The '+' line is bare or repeats the title (Cock et al. 2010); ENA also takes the name without its comment."""
    repeated, title = record.plus[1:].rstrip(), record.name[1:].rstrip()
    if not repeated or repeated == title:
        return
    if repeated == title.split(None, 1)[0]:
        message = f"The '+' line of record {number} repeats its name without the rest of the '@' line."
        findings.warn_once("plus_name_short", message, line=line, record=number, found=repeated, expected=title)
        return
    findings.error(
        "plus_name_differs",
        f"The '+' line of record {number} repeats another name than its '@' line.",
        line=line,
        record=number,
        found=repeated,
        expected=title,
    )


def _check_bases(record: Record, number: int, findings: FindingLog) -> None:
    line = record.line + 1
    if not record.sequence and not record.quality:
        findings.warn_once(
            "empty_read", f"Record {number} has no bases; some tools refuse such reads.", line=line, record=number
        )
    elif bad := record.sequence.translate(None, IUPAC):
        if not bad.strip(b"."):
            findings.warn_once("base_dot", f"Record {number} writes unknown bases as '.'.", line=line, record=number)
            return
        letter = bad.replace(b".", b"")[:1]
        position = record.sequence.index(letter) + 1
        findings.error(
            "base_character",
            f"Base {position} of record {number} is '{shown(letter)}', which is not an IUPAC nucleotide code.",
            line=line,
            record=number,
            found=letter,
            expected="one of ACGTUNRYSWKMBDHV",
        )


def _check_quality(record: Record, number: int, line: int, findings: FindingLog) -> None:
    if len(record.quality) != len(record.sequence):
        findings.error(
            "length_mismatch",
            f"Record {number} has {len(record.sequence)} bases but {len(record.quality)} quality characters.",
            line=line,
            record=number,
            found=f"{len(record.quality)} qualities",
            expected=f"{len(record.sequence)} qualities",
        )
    if bad := record.quality.translate(None, PRINTABLE):
        position = record.quality.index(bad[:1]) + 1
        findings.error(
            "quality_character",
            f"Quality {position} of record {number} is {shown(repr(bad[:1])[1:])}, outside the range ! to ~.",
            line=line,
            record=number,
            found=bad[:1],
            expected="characters 33 (!) to 126 (~)",
        )
