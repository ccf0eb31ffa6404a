"""Make templates of bulk sheets: a header and two example rows that a submitter overwrites.

The first example row fills every column but those of files, the second only what is required. The file columns stay
empty so that the template is accepted as it is; rows without files are allowed.
"""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

import msgspec

from accession import vocab
from accession.checklists.fields import FieldKind
from accession.sheets.columns import template_fields
from accession.sheets.formulas import with_guard
from accession.vocab import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accession.checklists.fields import Checklist, Field

_LIBRARY_ALWAYS: Final = frozenset({"library_strategy", "platform", "instrument_model"})
_FILE_COLUMNS: Final = frozenset({"filename_forward", "filename_reverse", "md5_forward", "md5_reverse"})


class SheetFormat(StrEnum):
    """The forms in which a sheet is written; the value is the file name's extension."""

    TSV = "tsv"
    CSV = "csv"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """The media type of such a file."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES: Final = {
    SheetFormat.TSV: "text/tab-separated-values; charset=utf-8",
    SheetFormat.CSV: "text/csv; charset=utf-8",
    SheetFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@cache
def template(checklist: Checklist, form: SheetFormat) -> bytes:
    """The template of a checklist in a format, as the bytes of a file."""
    fields = template_fields(checklist)
    rows = example_rows(fields, checklist.id)
    match form:
        case SheetFormat.XLSX:
            from accession.sheets.spreadsheet import write_template  # noqa: PLC0415  # the writer loads only when needed

            return write_template(fields, rows)
        case SheetFormat.TSV:
            return _delimited([[field.name for field in fields], *rows], "\t")
        case SheetFormat.CSV:
            return _delimited([[field.name for field in fields], *rows], ",")


def example_rows(fields: Sequence[Field], checklist_id: str) -> list[list[str]]:
    """Two rows of values that the archive accepts, one value for each field."""
    known = _examples()["any"] | _examples().get(checklist_id, {})
    full = [_example(field, known, 0) if field.name not in _FILE_COLUMNS else "" for field in fields]
    wanted = [field.required or field.name in _LIBRARY_ALWAYS for field in fields]
    brief = [_example(field, known, 1) if want else "" for field, want in zip(fields, wanted, strict=True)]
    return [full, brief]


@cache
def _examples() -> dict[str, dict[str, tuple[str, str]]]:
    """For every checklist ("any") or one by its id: column → a value for each of the two rows."""
    raw = (resources.files("accession") / "sheets" / "examples.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, dict[str, tuple[str, str]]])


def _example(field: Field, examples: dict[str, tuple[str, str]], place: int) -> str:
    """A value that the field accepts: a known good one, else one made from its kind."""
    known = examples.get(field.name)
    if known is not None and (field.kind is not FieldKind.CHOICE or known[place] in field.choices):
        return known[place]
    match field.kind:
        case FieldKind.CHOICE | FieldKind.PLACE:
            missing = set(vocab.terms(Vocabulary.MISSING_VALUE))
            return next((term for term in field.choices if term not in missing), field.choices[0])
        case FieldKind.NUMBER | FieldKind.INTEGER | FieldKind.TAXON:
            return "1"
        case FieldKind.DATE:
            return "2026-01-15"
        case _:
            return f"example of {field.label}"


def _delimited(rows: Sequence[Sequence[str]], delimiter: str) -> bytes:
    """Text with one line for each row, cells that a spreadsheet would run as formulas guarded."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerows([with_guard(cell) for cell in row] for row in rows)
    return out.getvalue().encode()
