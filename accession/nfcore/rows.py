"""Makes the rows of a pipeline's sheet out of runs, each checked by the pipeline's rules, and says what is left out.

Pure: runs in, cells and issues out.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Final

from accession.issues import Issue
from accession.nfcore.names import Names, file_name, pair_name
from accession.nfcore.pairing import LeftOut, Reads, paired
from accession.nfcore.pipelines import PUBLIC_ID, Alike, Pipeline, SheetForm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from accession.nfcore.reading import RunFile

Row = dict[str, str]
_READS: Final = re.compile(r"\.f(ast)?q(\.gz)?$")
_SEXES: Final = {"female": "XX", "male": "XY"}
_TUMOUR_FIELDS: Final = ("status", "tumor_status", "tumour_status", "sample_status", "disease_status")
_TUMOUR: Final = frozenset({"1", "tumor", "tumour", "cancer", "relapse", "metastasis"})


def sheet_rows(
    pipeline: Pipeline, runs: Sequence[RunFile], url_of: Callable[[RunFile, str], str], asked: str | None = None
) -> tuple[list[Row], list[Issue]]:
    """The rows that the pipeline accepts, and one issue for each run that is in none.

    `url_of(run, name)` is the address of a run's bytes that ends in `name`. With a run `asked` for only its row is
    made.
    """
    if pipeline.name is SheetForm.FETCHNGS:
        return _identifiers([run for run in runs if asked in {None, run.accession}])
    usable, left_out = _usable(pipeline, runs)
    reads, alone = paired(runs, usable)
    reads, unlike = _alike(pipeline, [entry for entry in reads if _is_asked(entry, asked)])
    alignments = _alignments(runs, reads) if pipeline.bam else []
    entries = [entry for entry in [*reads, *map(Reads, alignments)] if _is_asked(entry, asked)]
    rows, refused = _checked(pipeline, entries, url_of)
    in_rows = {run.accession for run in alignments}
    left_out = [*(one for one in left_out if one[0].accession not in in_rows), *alone, *unlike, *refused]
    return rows, [issue for run, issue in left_out if asked in {None, run.accession}]


def _is_asked(entry: Reads, asked: str | None) -> bool:
    return asked is None or any(run is not None and run.accession == asked for run in entry)


def _checked(
    pipeline: Pipeline, entries: Sequence[Reads], url_of: Callable[[RunFile, str], str]
) -> tuple[list[Row], list[LeftOut]]:
    """The rows that hold all of the pipeline's rules."""
    names = _Naming(pipeline)
    seen: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
    rows: list[Row] = []
    refused: list[LeftOut] = []
    for entry in entries:
        row = _cells(pipeline, entry, names, url_of)
        keys = {(columns, tuple(row[column] for column in columns)) for columns in pipeline.unique}
        whole = {key for key in keys if all(key[1])}
        faults = row_issues(pipeline, row) or [_repeats(columns) for columns, _ in whole & seen]
        if faults:
            refused += [(run, _of_run(run, faults[0])) for run in entry if run is not None]
        else:
            seen |= whole
            rows.append(row)
    return rows, refused


def row_issues(pipeline: Pipeline, row: Row) -> list[Issue]:
    """What of a row the pipeline's input schema refuses; an empty cell is one that is not there."""
    issues: list[Issue] = []
    for column in pipeline.columns:
        cell = row.get(column.name, "")
        if not cell:
            if column.required:
                issues.append(Issue("missing_required", f"'{column.name}' is required.", column=column.name))
        elif column.terms and cell not in column.terms:
            message = f"{cell!r} is not in the vocabulary of '{column.name}' ({', '.join(column.terms)})."
            issues.append(Issue("not_in_vocabulary", message, column=column.name))
        elif column.pattern and not _compiled(column.pattern).search(cell):
            message = f"{cell!r} in '{column.name}' does not have the form {column.pattern}"
            issues.append(Issue("pattern_mismatch", message, column=column.name))
    return issues


def _repeats(columns: tuple[str, ...]) -> Issue:
    message = f"Another row has the same {' and '.join(columns)}."
    return Issue("repeated_row", message, column=columns[0])


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _of_run(run: RunFile, fault: Issue) -> Issue:
    return Issue(fault.code, f"{run.accession}: {fault.message}", field=fault.column)


def _identifiers(runs: Sequence[RunFile]) -> tuple[list[Row], list[Issue]]:
    """Identifiers of the public archives; of run, experiment and sample the first that has one."""
    rows: dict[str, Row] = {}
    left_out: list[Issue] = []
    for run in runs:
        known = next((one for one in run.public_ids if re.fullmatch(PUBLIC_ID, one)), None)
        if known is not None:
            rows[known] = {"id": known}
        else:
            message = f"{run.accession} has no accession of ENA, SRA, DDBJ or GEO, nor has its experiment or sample."
            left_out.append(Issue("no_public_accession", message, field="ena_accession"))
    whole = [one for run in runs[:1] for one in run.project_ids if re.fullmatch(PUBLIC_ID, one)]
    if not rows and whole:
        return [{"id": whole[0]}], []
    return list(rows.values()), left_out


def _usable(pipeline: Pipeline, runs: Sequence[RunFile]) -> tuple[list[RunFile], list[LeftOut]]:
    """Runs whose file the pipeline can read, and the others with the reason."""
    usable: list[RunFile] = []
    others: list[LeftOut] = []
    for run in runs:
        fault = _fault(pipeline, run)
        if fault is None:
            usable.append(run)
        else:
            others.append((run, fault))
    return usable, others


def _fault(pipeline: Pipeline, run: RunFile) -> Issue | None:
    """Why a pipeline cannot read a run's file."""
    ending = _READS.search(file_name(run.filename or ""))
    if not run.ready:
        return Issue("file_not_verified", f"{run.accession} has a file that has not been found good.")
    if not run.kept:
        return Issue("file_not_kept", f"{run.accession} is only described here; its bytes are not kept.")
    if run.file_type != "FASTQ":
        return Issue("not_reads", f"{run.accession} is {run.file_type}; nf-core/{pipeline.name} takes FASTQ.")
    if ending is None or (pipeline.gzipped and not ending.group(2)):
        form = ".fastq.gz or .fq.gz" if pipeline.gzipped else ".fastq, .fq, .fastq.gz or .fq.gz"
        message = f"{run.accession} is named {run.filename!r}; nf-core/{pipeline.name} takes names that end in {form}."
        return Issue("file_name_ending", message, field="filename")
    if run.platform in pipeline.not_from:
        message = f"{run.accession} is of {run.platform}, whose reads nf-core/{pipeline.name} takes in another way."
        return Issue("other_platform", message, field="platform")
    return None


def _alike(pipeline: Pipeline, reads: Sequence[Reads]) -> tuple[list[Reads], list[LeftOut]]:
    """Without single files where the pipeline takes pairs only, or where the sample, or the sheet, has pairs."""

    def key(entry: Reads) -> str | None:
        return entry.one.sample or entry.one.accession if pipeline.alike is Alike.SAMPLE else None

    with_pairs = {key(entry) for entry in reads if entry.two is not None}
    kept: list[Reads] = []
    left_out: list[LeftOut] = []
    for entry in reads:
        run = entry.one
        if entry.two is None and pipeline.pairs_only:
            message = f"{run.accession} is no pair; nf-core/{pipeline.name} takes pairs only."
            left_out.append((run, Issue("not_paired", message)))
        elif entry.two is None and pipeline.alike is not None and key(entry) in with_pairs:
            where = f"sample {run.sample}" if pipeline.alike is Alike.SAMPLE else "sheet"
            message = (
                f"{run.accession} is no pair, but the {where} has pairs; nf-core/{pipeline.name} takes no mixture."
            )
            left_out.append((run, Issue("mixed_layout", message)))
        else:
            kept.append(entry)
    return kept, left_out


def _alignments(runs: Sequence[RunFile], reads: Sequence[Reads]) -> list[RunFile]:
    """BAM files of samples that have no reads in the sheet: both together would count each read twice."""
    with_reads = {entry.one.sample for entry in reads}
    bam = [run for run in runs if run.ready and run.kept and run.file_type == "BAM"]
    named = [run for run in bam if file_name(run.filename or "").endswith(".bam")]
    return [run for run in named if run.sample is None or run.sample not in with_reads]


class _Naming:
    """The names of samples and patients in one sheet."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._once = pipeline.once
        self._samples = Names(words_only=pipeline.once)
        self._patients = Names(words_only=pipeline.once)
        self._rows: Counter[str] = Counter()

    def sample(self, run: RunFile) -> str:
        """The sample's alias or accession, with its run's for a further row where a sample has one row only."""
        thing = run.sample or run.accession
        self._rows[thing] += 1
        if self._once and self._rows[thing] > 1:
            return self._samples.name(run.accession, f"{run.sample_alias or thing}_{run.accession}", run.accession)
        return self._samples.name(thing, run.sample_alias, thing)

    def patient(self, run: RunFile) -> str:
        """The subject's alias or accession, else the sample's."""
        thing = run.subject or run.sample or run.accession
        return self._patients.name(thing, run.subject_alias if run.subject else run.sample_alias, thing)


def _cells(pipeline: Pipeline, entry: Reads, names: _Naming, url_of: Callable[[RunFile, str], str]) -> Row:
    """All that any pipeline asks for, of which each takes its own columns."""
    run, mate = entry
    one, two = _file_names(entry)
    reads = {"fastq_1": url_of(run, one), "fastq_2": url_of(mate, two) if mate is not None else ""}
    if run.file_type == "BAM":
        reads = {"bam": url_of(run, one)}
    known = {
        **reads,
        "sample": names.sample(run),
        "strandedness": "auto",
        "patient": names.patient(run),
        "sex": _SEXES.get((run.subject_sex or run.sample_sex or "").casefold(), "NA"),
        "status": _status(run),
        "lane": run.accession,
        "run_accession": run.accession,
        "instrument_platform": run.platform or "",
    }
    known |= {"sampleID": known["sample"], "forwardReads": known.get("fastq_1", "")}
    known["reverseReads"] = known.get("fastq_2", "")
    return {column.name: known.get(column.name, "") for column in pipeline.columns}


def _file_names(entry: Reads) -> tuple[str, str]:
    """The names that the addresses end in; those of a pair differ, since a pipeline puts both into one folder."""
    one = file_name(entry.one.filename or "")
    two = file_name(entry.two.filename or "") if entry.two is not None else ""
    if entry.two is not None and one == two:
        return pair_name(entry.one.accession, one), pair_name(entry.two.accession, two)
    return one, two


def _status(run: RunFile) -> str:
    """1 for a tumour, where a field of the submitter's says so; else 0."""
    told = (str(run.custom_fields.get(name) or "") for name in _TUMOUR_FIELDS)
    return "1" if any(text.strip().casefold() in _TUMOUR for text in told) else "0"
