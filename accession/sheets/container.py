"""Weigh an XLSX container before anything trusts it: its entries, what they unpack to, and how far its cells reach.

A zip's directory may lie about sizes, so every entry is unpacked here, by its own bytes, and thrown away; the parts
that are XML go through a parser that counts elements and cells and refuses declarations of entities.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from array import array
from io import BytesIO
from typing import TYPE_CHECKING, Final, NoReturn
from xml.parsers import expat

from accession.errors import Malformed, Rejected
from accession.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accession.sheets.limits import SheetLimits

_MAX_ENTRIES: Final = 500
_MAX_DIRECTORY: Final = 200_000
_MAX_RATIO: Final = 200
_RATIO_COUNTS_FROM: Final = 2_000_000
_MAX_ERRORS: Final = 100
_CHUNK: Final = 64 * 1024
_ELEMENTS_PER_CELL: Final = 4
_MAX_DIGITS: Final = 9
_TEXTS: Final = frozenset({"si", "is", "v"})
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")


def weigh_container(data: bytes, limits: SheetLimits) -> list[str]:
    """Pass, or raise `Malformed` (no XLSX) or `Rejected` (too large, by the code `workbook_too_large`).

    Returns the places ("B7") of the first sheet's cells that hold an error such as #REF!, at most a hundred.
    """
    entries = _entries_of(data)
    names = [entry.filename for entry in entries]
    if "xl/workbook.xml" not in names or len(set(names)) != len(names):
        raise Malformed("The file is a zip but not an XLSX workbook; send TSV, CSV or XLSX.", code="not_xlsx")
    budget = _Budget(limits)
    parts: dict[str, _Reach] = {}
    for entry in entries:
        reach = _Reach(budget) if entry.filename.lower().endswith((".xml", ".rels", ".vml")) else None
        for chunk in _unpack(data, entry, budget):
            if reach is not None:
                reach.feed(chunk)
        if reach is not None:
            reach.close()
            parts[entry.filename] = reach
    budget.settle()
    return _errors_in_first_sheet(parts)


def _errors_in_first_sheet(parts: dict[str, _Reach]) -> list[str]:
    """Follow the workbook's own references to its first sheet."""
    relations = parts.get("xl/_rels/workbook.xml.rels")
    target = relations.targets.get(parts["xl/workbook.xml"].first_sheet, "") if relations else ""
    sheet = parts.get(target.removeprefix("/") if target.startswith("/") else f"xl/{target}")
    return sheet.errors if sheet else []


class _Budget:
    """What all entries may cost together."""

    def __init__(self, limits: SheetLimits) -> None:
        self.limits = limits
        self._unpacked = 0
        self._elements = 0
        self._shared = array("I")
        self._references = array("I")

    def spend_bytes(self, count: int) -> None:
        self._unpacked += count
        if self._unpacked > self.limits.max_unpacked:
            _refuse(f"The workbook unpacks to more than {self.limits.max_unpacked:,} bytes.")

    def spend_element(self) -> None:
        self._elements += 1
        if self._elements > self.limits.max_cells * _ELEMENTS_PER_CELL:
            _refuse(f"The workbook has more than {self.limits.max_cells * _ELEMENTS_PER_CELL:,} elements.")

    def see_shared(self, length: int) -> None:
        """Note one of the strings that cells refer to by number, `length` characters long."""
        self._shared.append(length)

    def see_reference(self, number: str) -> None:
        """Note a cell whose text is the shared string of this number, counted from 0."""
        if number.isdecimal() and len(number) < _MAX_DIGITS:
            self._references.append(int(number))

    def settle(self) -> None:
        """Refuse cells that refer to so long a text so often that they would fill the memory."""
        lengths = self._shared
        total = sum(lengths[number] for number in self._references if number < len(lengths))
        if total > self.limits.max_unpacked:
            _refuse(f"The cells of the workbook have {total:,} characters together.")


class _Reach:
    """Follows one XML part and refuses cells, rows and dimensions beyond the limits."""

    def __init__(self, budget: _Budget) -> None:
        self._budget = budget
        self._limits = budget.limits
        self._row = 0
        self._column = 0
        self._last_row = self._last_column = 0
        self.first_sheet = ""
        self.targets: dict[str, str] = {}
        self.errors: list[str] = []
        self._parser = expat.ParserCreate()
        self._text = 0
        self._depth = 0
        self._refers = False
        self._number = ""
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._count
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes) -> None:
        self._parse(chunk, final=False)

    def close(self) -> None:
        self._parse(b"", final=True)
        if self._last_row * self._last_column > self._limits.max_cells * _ELEMENTS_PER_CELL:
            _refuse(f"The sheet spans {self._last_row:,} rows by {self._last_column:,} columns.")

    def _parse(self, chunk: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(chunk, final)
        except expat.ExpatError as error:
            raise Malformed(f"The workbook is damaged: {error}", code="not_xlsx") from None

    def _doctype(self, *_: object) -> None:
        raise Malformed("The workbook declares a document type, which no spreadsheet program writes.", code="not_xlsx")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._budget.spend_element()
        match name.rpartition(":")[2]:
            case kind if kind in _TEXTS:
                if not self._depth:
                    self._text, self._number = 0, ""
                self._depth += 1
            case "c":
                self._column += 1
                self._see(attributes.get("r"))
                self._refers = attributes.get("t") == "s"
                if attributes.get("t") == "e" and len(self.errors) < _MAX_ERRORS:
                    self.errors.append(attributes.get("r") or f"row {self._row}")
            case "row":
                number = attributes.get("r", "")
                self._row = int(number) if number.isdecimal() and len(number) < 8 else self._row + 1
                self._column = 0
                self._check()
            case "sheet" if not self.first_sheet:
                self.first_sheet = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            case "Relationship" if len(self.targets) < _MAX_ENTRIES:
                self.targets[attributes.get("Id", "")] = attributes.get("Target", "")
            case "dimension":
                for corner in attributes.get("ref", "").split(":"):
                    self._see(corner, moves=False)

    def _end(self, name: str) -> None:
        kind = name.rpartition(":")[2]
        if kind in _TEXTS:
            self._depth -= 1
            if kind == "si":
                self._budget.see_shared(self._text)
            elif kind == "v" and self._refers:
                self._budget.see_reference(self._number.strip())

    def _count(self, text: str) -> None:
        """Add up the characters of the text that the parser is in, however many pieces it comes in."""
        if self._depth:
            self._text += len(text)
            if self._refers and len(self._number) < _MAX_DIGITS:
                self._number += text
            if self._text > self._limits.max_cell_length:
                _refuse(f"The workbook has a text of more than {self._limits.max_cell_length:,} characters.")

    def _see(self, reference: str | None, *, moves: bool = True) -> None:
        """Note where a cell stands; without a reference it stands after the one before."""
        if reference:
            found = _REFERENCE.fullmatch(reference.replace("$", "").upper())
            if found is None:
                _refuse(f"The workbook has a cell at {reference[:20]!r}.")
            column = _column_number(found.group(1))
            self._check(int(found.group(2)), column)
            if moves:
                self._column = column
        else:
            self._check()

    def _check(self, row: int | None = None, column: int | None = None) -> None:
        row = self._row if row is None else row
        column = self._column if column is None else column
        if column > self._limits.max_columns * 2:
            issue = Issue("too_many_columns", f"The sheet has cells in column {column:,}.", row=row)
            raise Rejected([issue])
        if row > self._limits.max_rows * 2:
            raise Rejected([Issue("too_many_rows", f"The sheet has cells in row {row:,}.", row=row)])
        self._last_row, self._last_column = max(self._last_row, row), max(self._last_column, column)


def _column_number(letters: str) -> int:
    """Count columns from 1: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _entries_of(data: bytes) -> list[zipfile.ZipInfo]:
    """The container's directory, refused when it is larger or stranger than any workbook's."""
    place = data.rfind(b"PK\x05\x06", max(0, len(data) - 66_000))
    if place < 0 or len(data) < place + 22:
        raise Malformed("The file begins like XLSX but is cut short or damaged.", code="not_xlsx")
    count, size = struct.unpack_from("<HI", data, place + 10)
    if count > _MAX_ENTRIES or size > _MAX_DIRECTORY:
        _refuse(f"The workbook has {count:,} parts; at most {_MAX_ENTRIES} are read.")
    try:
        entries = zipfile.ZipFile(BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise Malformed(f"The file begins like XLSX but is damaged: {error}", code="not_xlsx") from None
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise Malformed("The workbook is protected by a password; send it without.", code="not_xlsx")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Malformed("The workbook is packed in an unusual way; save it again as XLSX.", code="not_xlsx")
    return entries


def _unpack(data: bytes, entry: zipfile.ZipInfo, budget: _Budget) -> Iterator[bytes]:
    """The entry's bytes in chunks, by what is really there and not by what the directory says."""
    start = entry.header_offset
    if not 0 <= start <= len(data) - _LOCAL_HEADER.size:
        raise Malformed("The workbook's directory is damaged.", code="not_xlsx")
    magic, name_length, extra_length = _LOCAL_HEADER.unpack_from(data, start)
    start += _LOCAL_HEADER.size + name_length + extra_length
    packed = memoryview(data)[start : start + entry.compress_size]
    if magic != b"PK\x03\x04" or len(packed) != entry.compress_size:
        raise Malformed("The workbook's directory is damaged.", code="not_xlsx")
    seen = 0
    for chunk in _inflate(packed) if entry.compress_type == zipfile.ZIP_DEFLATED else _slices(packed):
        seen += len(chunk)
        budget.spend_bytes(len(chunk))
        if seen > _RATIO_COUNTS_FROM and seen > _MAX_RATIO * max(1, entry.compress_size):
            _refuse(f"A part of the workbook unpacks to more than {_MAX_RATIO} times its size.")
        yield chunk
    if seen != entry.file_size:
        raise Malformed("A part of the workbook is not as long as its directory says.", code="not_xlsx")


def _slices(packed: memoryview) -> Iterator[bytes]:
    for place in range(0, len(packed), _CHUNK):
        yield bytes(packed[place : place + _CHUNK])


def _inflate(packed: memoryview) -> Iterator[bytes]:
    """Raw deflate, never more than one chunk at a time."""
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in _slices(packed):
            rest = piece
            while rest and not machine.eof:
                yield machine.decompress(rest, _CHUNK)
                rest = machine.unconsumed_tail
    except zlib.error as error:
        raise Malformed(f"The workbook is damaged: {error}", code="not_xlsx") from None
    if not machine.eof:
        raise Malformed("The workbook is cut short.", code="not_xlsx")


def _refuse(message: str) -> NoReturn:
    raise Rejected([Issue("workbook_too_large", message)])
