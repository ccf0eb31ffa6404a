"""Put checked rows together into drafts, noting where rows that should agree do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from accession import vocab
from accession.sheets.cells import CheckedRow
from accession.sheets.columns import Column, Part
from accession.sheets.drafts import Drafts, ExperimentDraft, RunDraft, SampleDraft, SubjectDraft
from accession.sheets.library import Library, settle_library
from accession.sheets.report import Direction
from accession.vocab import LibraryLayout, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accession.checklists.fields import Checklist
    from accession.sheets.matching import LibraryKey

_SHARED: Final = ("library_source", "library_layout", "library_selection", "insert_size")


def group_samples(rows: Sequence[CheckedRow], columns: Sequence[Column]) -> dict[str, list[CheckedRow]]:
    """Sample alias → its rows, with an error on every row that tells the sample otherwise than its first one."""
    names = [column.name for column in columns if column.part is Part.SAMPLE]
    groups: dict[str, list[CheckedRow]] = {}
    for row in rows:
        if not row.alias:
            continue
        group = groups.setdefault(row.alias, [])
        group.append(row)
        first = group[0]
        if first is row or first.values == row.values:
            continue
        for name in names:
            if first.cells[name].value != row.cells[name].value:
                message = (
                    f"Rows {first.number} and {row.number} both describe {row.alias!r} but differ in {name}: "
                    f"{first.cells[name].value[:80]!r} and {row.cells[name].value[:80]!r}."
                )
                row.fail("sample_mismatch", message, name)
    return groups


class ExperimentGroup(msgspec.Struct, gc=False):
    """Rows that share an experiment, and what they say of it together."""

    sample_alias: str
    library: Library
    rows: list[CheckedRow]
    said: dict[str, tuple[object, int]]

    def draft(self) -> ExperimentDraft:
        """The experiment; layout and source follow from files and strategy where no row gives them."""
        given = {name: value for name, (value, _) in self.said.items()}
        paired = any(Direction.REVERSE in row.files for row in self.rows)
        layout = LibraryLayout.PAIRED if paired else LibraryLayout.SINGLE
        source = vocab.source_for(self.library.library_strategy) or "OTHER"
        size, selection = given.get("insert_size"), given.get("library_selection")
        return ExperimentDraft(
            sample_alias=self.sample_alias,
            platform=self.library.platform,
            instrument_model=self.library.instrument_model,
            library_strategy=self.library.library_strategy,
            library_source=str(given.get("library_source") or source),
            library_layout=str(given.get("library_layout") or layout),
            library_selection=None if selection is None else str(selection),
            insert_size=size if isinstance(size, int) else None,
            library_name=self.library.library_name,
            rows=tuple(row.number for row in self.rows),
        )


def group_experiments(rows: Sequence[CheckedRow]) -> list[ExperimentGroup]:
    """The experiments in the order of their first rows; a row that contradicts an earlier one gets an error."""
    groups: dict[tuple[str, LibraryKey], ExperimentGroup] = {}
    for row in rows:
        library = settle_library(row)
        if library is None or not row.alias:
            continue
        key = (row.alias, library.key)
        group = groups.get(key)
        if group is None:
            group = groups[key] = ExperimentGroup(row.alias, library, [], {})
        group.rows.append(row)
        for name in _SHARED:
            value = getattr(library, name)
            if value is None:
                continue
            known, number = group.said.setdefault(name, (value, row.number))
            if known != value:
                message = (
                    f"Rows {number} and {row.number} share an experiment of {row.alias!r} but differ in {name}: "
                    f"{known!r} and {value!r}. Give them different library_name values if they are two libraries."
                )
                row.fail("experiment_mismatch", message, name)
    for group in groups.values():
        _check_pairs(group)
    return list(groups.values())


def _check_pairs(group: ExperimentGroup) -> None:
    """No row of a library that another row calls SINGLE has a reverse file."""
    layout, number = group.said.get("library_layout", (None, 0))
    for row in group.rows:
        if layout == LibraryLayout.SINGLE and Direction.REVERSE in row.files and not row.text("library_layout"):
            message = f"Row {number} calls this library SINGLE but row {row.number} has a reverse file."
            row.fail("layout_mismatch", message, "library_layout")


def draft_all(
    samples: dict[str, list[CheckedRow]],
    experiments: Sequence[ExperimentGroup],
    columns: Sequence[Column],
    checklist: Checklist,
) -> Drafts:
    """The drafts of rows that have no error."""
    sample_drafts = [draft_sample(rows, columns, checklist) for rows in samples.values()]
    runs: list[RunDraft] = []
    for place, group in enumerate(experiments):
        for row in group.rows:
            runs.extend(_runs_of(row, place, len(runs)))
    return Drafts(
        subjects=_subjects_of(sample_drafts),
        samples=tuple(sample_drafts),
        experiments=tuple(group.draft() for group in experiments),
        runs=tuple(runs),
    )


def draft_sample(rows: Sequence[CheckedRow], columns: Sequence[Column], checklist: Checklist) -> SampleDraft:
    """One sample from the rows that describe it alike."""
    first = rows[0]
    record: dict[str, object] = {}
    custom: dict[str, object] = {}
    for column in columns:
        if column.part is not Part.SAMPLE or column.name in {"sample_alias", "subject_alias"}:
            continue
        value = first.values.get(column.name)
        if value is not None:
            (record if column.field.in_record else custom)[column.name] = value
    return SampleDraft(
        alias=first.alias,
        subject_alias=first.text("subject_alias") or None,
        checklist_id=checklist.id,
        record=record,
        custom_fields=custom,
        rows=tuple(row.number for row in rows),
    )


def _runs_of(row: CheckedRow, experiment: int, next_place: int) -> list[RunDraft]:
    """The runs of a row's files: mates of each other when there are two."""
    paired = len(row.files) == 2
    return [
        RunDraft(
            experiment=experiment,
            staged_file_id=file.id,
            read_number=(1 if direction is Direction.FORWARD else 2) if paired else None,
            mate=next_place + 1 - offset if paired else None,
            row=row.number,
            linked=file.state == "linked",
        )
        for offset, (direction, file) in enumerate(sorted(row.files.items()))
    ]


def _subjects_of(samples: Sequence[SampleDraft]) -> tuple[SubjectDraft, ...]:
    """One subject for each subject alias, described by the first sample that names it."""
    groups: dict[str, list[SampleDraft]] = {}
    for sample in samples:
        if sample.subject_alias:
            groups.setdefault(sample.subject_alias, []).append(sample)
    return tuple(
        SubjectDraft(
            alias=alias,
            organism=str(group[0].record["organism"]),
            tax_id=int(str(group[0].record["tax_id"])),
            sex=vocab.canonical(Vocabulary.SUBJECT_SEX, str(group[0].record.get("sex", ""))),
            rows=tuple(number for sample in group for number in sample.rows),
        )
        for alias, group in groups.items()
    )
