"""Settle what a row says of its library: terms, the instrument's platform, and what may be taken for granted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from accession import vocab
from accession.sheets.report import Direction
from accession.vocab import LibraryLayout, Vocabulary

if TYPE_CHECKING:
    from accession.sheets.cells import CheckedRow
    from accession.sheets.matching import LibraryKey

_COLUMNS: Final = (
    "platform",
    "instrument_model",
    "library_strategy",
    "library_source",
    "library_layout",
    "library_selection",
    "insert_size",
    "library_name",
)
_DEFAULT_PLATFORM: Final = "ILLUMINA"
_DEFAULT_STRATEGY: Final = "WGS"
_PLATFORM_OF_STRATEGY: Final = {"GENOTYPING": "SNP_CHIP"}


class Library(msgspec.Struct, frozen=True, gc=False):
    """A row's library in canonical terms. None where the row leaves it to the rows that share its experiment."""

    platform: str
    instrument_model: str
    library_strategy: str
    library_name: str | None
    library_source: str | None
    library_layout: str | None
    library_selection: str | None
    insert_size: int | None

    @property
    def key(self) -> LibraryKey:
        """Rows of one sample with the same key share an experiment."""
        return self.platform, self.instrument_model, self.library_strategy, self.library_name


def settle_library(row: CheckedRow) -> Library | None:
    """The row's library, or None where the row has none (no library column filled, no file) or a faulty one.

    Where a row has files but leaves out platform, instrument or strategy, ILLUMINA (or the platform that the
    instrument belongs to), `unspecified` and WGS are taken, each with a warning. Faults are noted on the row.
    """
    named = _named(row)
    return _settle(row, named) if named or row.files else None


def library_key(row: CheckedRow) -> LibraryKey | None:
    """The key of the library that files of the row would go to; nothing is noted on the row."""
    scratch = msgspec.structs.replace(row, cells=dict(row.cells), errors=[], warnings=[])
    library = _settle(scratch, _named(row))
    return library.key if library else None


def _named(row: CheckedRow) -> list[str]:
    return [name for name in _COLUMNS if row.cells.get(name) and row.cells[name].value]


def _settle(row: CheckedRow, named: list[str]) -> Library | None:
    faulty = [name for name in named if name not in row.values]
    strategy = row.text("library_strategy") or _assume(row, "library_strategy", _DEFAULT_STRATEGY, faulty)
    platform = row.text("platform") or _assumed_platform(row, strategy, faulty)
    instrument = _instrument(row, platform, faulty)
    _check_layout(row)
    if faulty or instrument is None:
        return None
    size = row.text("insert_size")
    return Library(
        platform=platform,
        instrument_model=instrument,
        library_strategy=strategy,
        library_name=row.text("library_name") or None,
        library_source=row.text("library_source") or None,
        library_layout=row.text("library_layout") or None,
        library_selection=row.text("library_selection") or None,
        insert_size=int(float(size)) if size else None,
    )


def _assume(row: CheckedRow, name: str, value: str, faulty: list[str]) -> str:
    """Take a value that the row leaves out, and say so."""
    if name not in faulty:
        row.warn(f"assumed_{name}", f"No {name} is given; {value} is taken.", name)
    return value


def _assumed_platform(row: CheckedRow, strategy: str, faulty: list[str]) -> str:
    """The platform of the instrument, else of the strategy, else the usual one."""
    known = vocab.platform_of(row.text("instrument_model")) if row.text("instrument_model") else None
    return _assume(row, "platform", known or _PLATFORM_OF_STRATEGY.get(strategy, _DEFAULT_PLATFORM), faulty)


def _instrument(row: CheckedRow, platform: str, faulty: list[str]) -> str | None:
    """The instrument in the platform's spelling; a fault of the row where it is not one of the platform's."""
    written = row.text("instrument_model")
    if not written:
        return _assume(row, "instrument_model", vocab.UNSPECIFIED, faulty)
    if "platform" in faulty:
        return written
    found = vocab.canonical_instrument(platform, written)
    if found is not None:
        return found
    owner = vocab.platform_of(written)
    known = vocab.canonical(Vocabulary.INSTRUMENT, written) is not None
    where = f"it belongs to {owner}" if owner else "it belongs to other platforms" if known else "it is not known"
    some = ", ".join(vocab.instruments_of(platform)[:4])
    message = f"{written!r} is not an instrument of {platform}: {where}. Expected one such as {some} or unspecified."
    row.fail("instrument_not_of_platform" if known else "not_in_vocabulary", message, "instrument_model")
    return None


def _check_layout(row: CheckedRow) -> None:
    """A row with two files is no single-end library."""
    if row.text("library_layout") == LibraryLayout.SINGLE and Direction.REVERSE in row.files:
        row.fail("layout_mismatch", "library_layout is SINGLE but a reverse file is given.", "library_layout")
