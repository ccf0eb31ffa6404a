"""Check a whole bulk sheet: every error of every row at once, and, where there is none, what the sheet will make.

The order of the steps matters: cells first, then samples that span rows, then files (named ones before guesses, so
that a guess never takes a file that another row names), then libraries, which depend on the files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from accession.files.mates import why_no_mates
from accession.issues import Issue
from accession.sheets.assembly import ExperimentGroup, draft_all, draft_sample, group_experiments, group_samples
from accession.sheets.cells import CheckedRow, check_cells
from accession.sheets.columns import Column, Part, read_columns, required_columns
from accession.sheets.drafts import Drafts
from accession.sheets.library import library_key
from accession.sheets.matching import LibraryKey, Match, StagedFact, StagedFiles, Wanted
from accession.sheets.report import Direction, SheetReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from accession.checklists.fields import Checklist
    from accession.sheets.reader import Sheet


class ExistingFact(msgspec.Struct, frozen=True):
    """A record of the caller's that has an alias already.

    `here` says that it is in the project that the sheet is for; `digest` is that of what was submitted under the alias
    (`SampleDraft.digest`), None where it came by another way and cannot be compared.
    """

    accession: str
    here: bool = True
    digest: str | None = None


class Outcome(msgspec.Struct, frozen=True):
    """The report; the drafts where the sheet is valid; names of matched files that are still being verified."""

    report: SheetReport
    drafts: Drafts | None
    pending_files: list[str]


def check_sheet(
    sheet: Sheet,
    checklist: Checklist,
    *,
    staged: Sequence[StagedFact] = (),
    samples: Mapping[str, ExistingFact] | None = None,
    subjects: Mapping[str, ExistingFact] | None = None,
    libraries: Mapping[tuple[str, LibraryKey], Mapping[str, object]] | None = None,
    samples_only: bool = False,
) -> Outcome:
    """Check a sheet against its checklist, the caller's staged files and the aliases that the caller has used.

    `staged` lists the caller's files in every state, oldest first; `samples` and `subjects` map alias → what exists;
    `libraries` maps alias and key → what is stored of an experiment.
    A sheet that was accepted before is valid again: its samples have the same digest and its files are linked to them.
    With `samples_only` the columns of files and libraries are left aside, with a warning where they are filled.
    """
    columns, sheet_errors = read_columns(sheet.headers, checklist)
    if not sheet.rows:
        sheet_errors.append(Issue("no_rows", "The sheet has no rows below its header."))
    rows = check_cells(sheet.rows, columns, checklist)
    groups = group_samples(rows, columns)
    if samples_only:
        _set_aside(rows, columns)
    pending = [] if samples_only else _match_files(rows, StagedFiles(staged))
    experiments = [] if samples_only else group_experiments(rows)
    _check_libraries(experiments, libraries or {})
    _check_subjects(rows, subjects or {})
    if not sheet_errors:
        _check_samples(groups, columns, checklist, samples or {})
    valid = not sheet_errors and not any(row.errors for row in rows)
    report = SheetReport(
        valid=valid,
        errors=sheet_errors,
        total_rows=len(rows),
        headers=_header_names(sheet, columns),
        required_fields=list(required_columns(checklist)),
        rows=[row.report() for row in rows],
    )
    return Outcome(report, draft_all(groups, experiments, columns, checklist) if valid else None, pending)


def _header_names(sheet: Sheet, columns: Sequence[Column]) -> list[str]:
    """The columns' own names; headers that mean no column stay as written."""
    names = {column.place: column.name for column in columns}
    return [names.get(place, header) for place, header in enumerate(sheet.headers)]


def _set_aside(rows: Sequence[CheckedRow], columns: Sequence[Column]) -> None:
    """Say which filled columns do not count when only samples are made."""
    others = [column.name for column in columns if column.part is not Part.SAMPLE]
    for row in rows:
        for name in others:
            if row.cells[name].value:
                row.warn("column_ignored", f"{name} is not used here: only samples are made.", name)


def _match_files(rows: Sequence[CheckedRow], staged: StagedFiles) -> list[str]:
    """Give every row its files and return the names of those that are still being verified."""
    pending: dict[str, str] = {}
    taken: dict[str, int] = {}
    silent: list[CheckedRow] = []
    for row in rows:
        forward, reverse = (_wanted(row, direction) for direction in (Direction.FORWARD, Direction.REVERSE))
        if not _says(row, Direction.FORWARD) and not _says(row, Direction.REVERSE):
            silent.append(row)
            continue
        if not _says(row, Direction.FORWARD):
            message = "A reverse file needs a forward file; a single file goes into filename_forward."
            row.fail("reverse_without_forward", message, "filename_forward")
        for wanted in (forward, reverse):
            _take(row, wanted, staged.match(wanted), taken, pending)
        _check_pair(row)
    for row in {row.alias: row for row in reversed(silent) if row.alias}.values():
        forward, reverse = (_wanted(row, direction) for direction in (Direction.FORWARD, Direction.REVERSE))
        library = library_key(row)
        _take(row, forward, staged.guess(forward, library, taken), taken, pending)
        if Direction.FORWARD in row.files:
            _take(row, reverse, staged.guess(reverse, library, taken), taken, pending)
        _check_pair(row)
    return list(pending.values())


def _says(row: CheckedRow, direction: Direction) -> bool:
    """Whether the row names the file at all, rightly or wrongly."""
    cells = (row.cells.get(f"filename_{direction}"), row.cells.get(f"md5_{direction}"))
    return any(cell is not None and cell.value for cell in cells)


def _wanted(row: CheckedRow, direction: Direction) -> Wanted:
    return Wanted(
        row=row.number,
        alias=row.alias,
        direction=direction,
        name=row.text(f"filename_{direction}"),
        md5=row.text(f"md5_{direction}").lower(),
    )


def _take(row: CheckedRow, wanted: Wanted, match: Match, taken: dict[str, int], pending: dict[str, str]) -> None:
    """Attach the file that was found to the row, unless another row has it."""
    for issue in match.errors:
        row.fail(issue.code, issue.message, issue.field or wanted.field)
    row.warnings.extend(match.warnings)
    if match.file is None:
        return
    other = taken.setdefault(match.file.id, row.number)
    if other != row.number or match.file in row.files.values():
        where = f"rows {other} and {row.number}" if other != row.number else f"row {row.number} as forward and reverse"
        message = f"{match.file.filename!r} is used twice: in {where}. A file makes one run."
        row.fail("duplicate_file", message, wanted.field)
        return
    row.files[wanted.direction] = match.file
    if match.waiting:
        pending[match.file.id] = match.file.filename


def _check_pair(row: CheckedRow) -> None:
    """A pair is two files of reads, of the same fragments in the same order."""
    if len(row.files) < 2:
        return
    for direction, file in row.files.items():
        if file.file_type not in {None, "FASTQ"}:
            message = f"{file.filename!r} is {file.file_type}, not FASTQ: it has no mate; give it a row of its own."
            row.fail("not_reads", message, f"filename_{direction}")
    if all(file.file_type == "FASTQ" for file in row.files.values()):
        fault = why_no_mates(row.files[Direction.FORWARD], row.files[Direction.REVERSE])
        if fault is not None:
            row.fail("mate_mismatch", fault, "filename_reverse")


def _check_libraries(
    experiments: Sequence[ExperimentGroup], libraries: Mapping[tuple[str, LibraryKey], Mapping[str, object]]
) -> None:
    """What rows say of an experiment that exists already is what is stored of it."""
    for group in experiments:
        stored = libraries.get((group.sample_alias, group.library.key), {})
        for name, (value, number) in group.said.items():
            if name in stored and stored[name] != value:
                message = (
                    f"This experiment of {group.sample_alias!r} exists already with the {name} {stored[name]!r}, "
                    f"not {value!r}. Give another library_name if it is another library."
                )
                next(row for row in group.rows if row.number == number).fail("experiment_mismatch", message, name)


def _check_subjects(rows: Sequence[CheckedRow], subjects: Mapping[str, ExistingFact]) -> None:
    """A subject that exists already must be in this project."""
    for row in rows:
        found = subjects.get(row.text("subject_alias"))
        if found is not None and not found.here:
            message = f"Your subject {row.text('subject_alias')!r} is {found.accession}, in another project."
            row.fail("alias_taken", message, "subject_alias")


def _check_samples(
    groups: Mapping[str, list[CheckedRow]],
    columns: Sequence[Column],
    checklist: Checklist,
    samples: Mapping[str, ExistingFact],
) -> None:
    """A sample that exists already must be the same one, told the same way."""
    for alias in samples.keys() & groups.keys():
        rows, found = groups[alias], samples[alias]
        if any(row.errors for row in rows):
            continue
        if not found.here:
            message = f"Your sample {alias!r} is {found.accession}, in another project; choose another alias."
            rows[0].fail("alias_taken", message, "sample_alias")
        elif found.digest != draft_sample(rows, columns, checklist).digest:
            message = (
                f"{alias!r} is {found.accession} already, with other content; choose another alias or edit that one."
            )
            rows[0].fail("alias_taken", message, "sample_alias")
