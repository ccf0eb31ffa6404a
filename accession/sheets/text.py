"""Cut the text of a TSV or CSV sheet into records, without ever holding an unbounded one."""

from __future__ import annotations

import csv
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from accession.errors import Malformed, Rejected
from accession.issues import Issue
from accession.sheets.formulas import without_guard

if TYPE_CHECKING:
    from collections.abc import Iterator

_DELIMITERS: Final = {"\t": "tab", ",": "comma", ";": "semicolon"}
_BY_EXTENSION: Final = {".tsv": "\t", ".tab": "\t", ".txt": "\t", ".csv": ","}
_MAX_RECORD_LENGTH: Final = 2_000_000
_SPARE_DELIMITERS: Final = 10_000


def decode_sheet(data: bytes) -> str:
    """UTF-8 with or without a byte order mark; bytes that are not UTF-8 stay in as surrogates, to be found by row.

    Raises `Malformed` for UTF-16 and for NUL bytes.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Malformed("The sheet is in UTF-16; save it as UTF-8 and send it again.", code="not_utf8")
    nul = data.find(b"\0")
    if nul >= 0:
        row = data.count(b"\n", 0, nul) + 1
        raise Malformed(f"Line {row} of the sheet contains a NUL byte: this is no text file.", code="not_text")
    text = data.decode("utf-8-sig", "surrogateescape")
    return text if "\n" in text else text.replace("\r", "\n")


def delimiter_of(text: str, filename: str) -> str:
    """Tab, comma or semicolon: what the name's extension says where the first line has it, else the most frequent."""
    end = min((place for place in (text.find("\n"), text.find("\r")) if place >= 0), default=len(text))
    counts = {delimiter: text.count(delimiter, 0, end) for delimiter in _DELIMITERS}
    expected = _BY_EXTENSION.get(PurePosixPath(filename).suffix.lower(), "\t")
    return expected if counts[expected] else max(counts, key=lambda one: counts[one])


def records_of(text: str, delimiter: str, max_columns: int) -> Iterator[list[str]]:
    """The records of the sheet in order, blank lines as empty lists.

    A leading apostrophe that guards a formula in a spreadsheet is taken off. Raises `Rejected` naming the row for
    quotes that do not close and for a record that is larger than any sheet needs.
    """
    lines = _Lines(text, delimiter, max_columns + _SPARE_DELIMITERS)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    while True:
        lines.begin(number + 1)
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise Rejected([_broken(number + 1, error)]) from None
        if record is None:
            return
        number += 1
        yield [without_guard(cell) if cell[:1] == "'" else cell for cell in record]


class _Lines:
    """The lines of a text, one at a time, refusing when one record takes too many of them."""

    def __init__(self, text: str, delimiter: str, max_delimiters: int) -> None:
        self._text = text
        self._place = 0
        self._delimiter = delimiter
        self._max_delimiters = max_delimiters
        self.begin(1)

    def begin(self, row: int) -> None:
        """Note that the next line begins the record of this row."""
        self._row, self._length, self._delimiters = row, 0, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        start = self._place
        if start >= len(self._text):
            raise StopIteration
        end = self._text.find("\n", start)
        end = len(self._text) if end < 0 else end + 1
        self._place = end
        self._length += end - start
        if self._length <= _MAX_RECORD_LENGTH:
            self._delimiters += self._text.count(self._delimiter, start, end)
            if self._delimiters <= self._max_delimiters:
                return self._text[start:end]
        if self._delimiters > self._max_delimiters:
            message = f"Row {self._row} has more than {self._max_delimiters:,} cells."
            raise Rejected([Issue("too_many_columns", message, row=self._row)])
        message = f"Row {self._row} has more than {_MAX_RECORD_LENGTH:,} characters; perhaps a quote is not closed."
        raise Rejected([Issue("row_too_long", message, row=self._row)])


def _broken(row: int, error: csv.Error) -> Issue:
    """What the parser could not take, in words for the sheet's author."""
    if "field larger" in str(error):
        return Issue("cell_too_long", f"A cell of row {row} is too long; perhaps a quote is not closed.", row=row)
    if "new-line" in str(error):
        return Issue("bad_line_end", f"Row {row} has a carriage return inside; end lines with LF or CR LF.", row=row)
    message = f"Row {row} has a double quote that is not closed or not doubled ({error})."
    return Issue("bad_quotes", message, row=row)
