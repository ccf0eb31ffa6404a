"""Write a template as an XLSX workbook: text cells, drop-downs for terms, and a page that explains the columns."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_range_abs

from accession import vocab
from accession.checklists.fields import FieldKind
from accession.vocab import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accession.checklists.fields import Field

_LAST_ROW: Final = 10_000
_EXCEL_LIST_LENGTH: Final = 255
_OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_KINDS: Final = {
    FieldKind.TEXT: "text",
    FieldKind.PARAGRAPH: "text of any length",
    FieldKind.CHOICE: "one of the terms in the drop-down",
    FieldKind.PLACE: "country or sea, optionally :LOCALITY",
    FieldKind.NUMBER: "number",
    FieldKind.INTEGER: "whole number",
    FieldKind.DATE: "ISO 8601 date or range: 2026, 2026-01, 2026-01-15, 2026-01-15/2026-01-20",
    FieldKind.TAXON: "NCBI taxonomy number",
}


def write_template(fields: Sequence[Field], rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook with the sheets `samples` (which is read back), `columns` and the hidden `lists`."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        sheet, guide, lists = (book.add_worksheet(name) for name in ("samples", "columns", "lists"))
        lists.hide()
        text = book.add_format({"num_format": "@"})
        required = book.add_format({"bold": True, "bg_color": "#FCE4D6", "num_format": "@"})
        optional = book.add_format({"bold": True, "num_format": "@"})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(fields) - 1, 20, text)
        hidden = _HiddenLists(lists)
        for place, field in enumerate(fields):
            sheet.write_string(0, place, field.name, required if field.required else optional)
            for number, row in enumerate(rows, start=1):
                if row[place]:
                    sheet.write_string(number, place, row[place], text)
            terms = _terms_of(field)
            if terms:
                sheet.data_validation(1, place, _LAST_ROW, place, _drop_down(field, terms, hidden))
        _write_guide(guide, fields, optional)
    return out.getvalue()


def _terms_of(field: Field) -> tuple[str, ...]:
    """The terms that a column's drop-down offers."""
    if field.name == "instrument_model":
        return vocab.terms(Vocabulary.INSTRUMENT)
    if not field.choices:
        return ()
    missing = vocab.terms(Vocabulary.MISSING_VALUE) if field.missing else ()
    return tuple(dict.fromkeys((*field.choices, *missing)))


class _HiddenLists:
    """Lists too long for a drop-down's own text, each written once into a column of the hidden sheet."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._ranges: dict[tuple[str, ...], str] = {}

    def range_of(self, terms: tuple[str, ...]) -> str:
        """The cells that hold the list, as a formula."""
        if terms not in self._ranges:
            column = len(self._ranges)
            self._sheet.write_column(0, column, terms)
            cells = xl_range_abs(0, column, len(terms) - 1, column)
            self._ranges[terms] = f"=lists!{cells}"
        return self._ranges[terms]


def _drop_down(field: Field, terms: tuple[str, ...], hidden: _HiddenLists) -> dict[str, Any]:
    """The rule of a drop-down; a place may also be another text, since a locality may follow."""
    short = sum(map(len, terms)) + len(terms) <= _EXCEL_LIST_LENGTH and not any("," in term for term in terms)
    return {
        "validate": "list",
        "source": list(terms) if short else hidden.range_of(terms),
        "error_type": "information" if field.kind is FieldKind.PLACE else "stop",
        "error_title": "Not a known term",
        "error_message": "Choose a term from the list.",
    }


def _write_guide(sheet: Any, fields: Sequence[Field], bold: object) -> None:
    """One line for each column: what it is, whether it is needed, in which form and unit."""
    titles = ("column", "meaning", "requirement", "form", "units", "missing-value terms")
    for place, title in enumerate(titles):
        sheet.write_string(0, place, title, bold)
        sheet.set_column(place, place, 32)
    for number, field in enumerate(fields, start=1):
        allowed = "allowed" if field.missing else ""
        line = (field.name, field.label, field.requirement.value, _KINDS[field.kind], field.units or "", allowed)
        for place, text in enumerate(line):
            sheet.write_string(number, place, text)
