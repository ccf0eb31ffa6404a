"""Checking a bulk sheet as a whole: every error at once, and what a good one becomes."""

from __future__ import annotations

import msgspec
import pytest

from accession.catalog.drafts import content_digest
from accession.checklists.lookup import get_checklist
from accession.sheets.matching import StagedFact
from accession.sheets.reader import Row, Sheet
from accession.sheets.rules import ExistingFact, check_sheet

CHECKLIST = get_checklist("ERC000011")
CAMEL = {
    "sample_alias": "S1",
    "organism": "Camelus dromedarius",
    "tax_id": "9838",
    "collection_date": "2026-01-15",
    "geographic_location": "Saudi Arabia:Riyadh",
}
WGS = {"library_strategy": "WGS", "platform": "ILLUMINA", "instrument_model": "Illumina NovaSeq 6000"}


def sheet_of(*rows):
    headers = tuple(dict.fromkeys(name for row in rows for name in row))
    cells = [tuple(row.get(name, "") for name in headers) for row in rows]
    return Sheet(headers, tuple(Row(number, row) for number, row in enumerate(cells, start=2)))


def staged(name, md5="", state="verified", **more):
    return StagedFact(id=f"id-{name}", filename=name, md5=md5 or content_digest({"of": name})[:32], state=state, **more)


def check(*rows, files=(), **more):
    return check_sheet(sheet_of(*rows), CHECKLIST, staged=files, **more)


def errors(outcome):
    return [(issue.row, issue.field, issue.code) for issue in outcome.report.all_issues()]


def test_a_row_without_files_makes_a_sample_and_nothing_else():
    outcome = check(CAMEL)
    assert errors(outcome) == []
    (sample,) = outcome.drafts.samples
    assert sample.alias == "S1"
    assert sample.record["tax_id"] == 9838
    assert sample.rows == (2,)
    assert outcome.drafts.experiments == ()
    assert outcome.drafts.runs == ()


def test_a_pair_makes_one_experiment_and_two_runs_that_are_mates():
    pair = {"filename_forward": "a_R1.fastq.gz", "filename_reverse": "a_R2.fastq.gz"}
    outcome = check(CAMEL | WGS | pair, files=[staged("a_R1.fastq.gz"), staged("a_R2.fastq.gz")])
    assert errors(outcome) == []
    (experiment,) = outcome.drafts.experiments
    assert (experiment.library_layout, experiment.library_source) == ("PAIRED", "GENOMIC")
    forward, reverse = outcome.drafts.runs
    assert (forward.staged_file_id, forward.read_number, forward.mate) == ("id-a_R1.fastq.gz", 1, 1)
    assert (reverse.staged_file_id, reverse.read_number, reverse.mate) == ("id-a_R2.fastq.gz", 2, 0)
    row = outcome.report.rows[0]
    assert msgspec.to_builtins(row.reverse_file) == {
        "staged_file_id": "id-a_R2.fastq.gz",
        "filename": "a_R2.fastq.gz",
        "md5": outcome.report.rows[0].reverse_file.md5,
        "direction": "reverse",
    }


def test_rows_of_one_sample_add_files_to_one_experiment():
    files = [staged(name) for name in ("a_R1.fq.gz", "a_R2.fq.gz", "a.bam", "a.vcf.gz", "b.bam")]
    outcome = check(
        CAMEL | WGS | {"filename_forward": "a_R1.fq.gz", "filename_reverse": "a_R2.fq.gz", "subject_alias": "J"},
        CAMEL | WGS | {"filename_forward": "a.bam", "subject_alias": "J"},
        CAMEL | WGS | {"sample_alias": "S2", "filename_forward": "b.bam", "subject_alias": "J"},
        CAMEL | WGS | {"filename_forward": "a.vcf.gz", "subject_alias": "J"},
        files=files,
    )
    assert errors(outcome) == []
    drafts = outcome.drafts
    assert [(sample.alias, sample.rows) for sample in drafts.samples] == [("S1", (2, 3, 5)), ("S2", (4,))]
    assert [(one.sample_alias, one.library_layout, one.rows) for one in drafts.experiments] == [
        ("S1", "PAIRED", (2, 3, 5)),
        ("S2", "SINGLE", (4,)),
    ]
    assert [(run.experiment, run.read_number, run.mate) for run in drafts.runs] == [
        (0, 1, 1),
        (0, 2, 0),
        (0, None, None),
        (0, None, None),
        (1, None, None),
    ]
    (subject,) = drafts.subjects
    assert (subject.alias, subject.tax_id, subject.rows) == ("J", 9838, (2, 3, 5, 4))


def test_another_library_name_or_platform_makes_another_experiment():
    names = ("a", "b", "c")
    outcome = check(
        CAMEL | WGS | {"filename_forward": "a", "library_name": "L1"},
        CAMEL | WGS | {"filename_forward": "b", "library_name": "L2"},
        CAMEL | {"filename_forward": "c", "platform": "OXFORD_NANOPORE", "instrument_model": "minion"},
        files=[staged(name) for name in names],
    )
    assert errors(outcome) == []
    assert [one.library_name for one in outcome.drafts.experiments] == ["L1", "L2", None]
    assert outcome.drafts.experiments[2].instrument_model == "MinION"


def test_every_error_of_every_row_is_listed_at_once_with_its_cell():
    outcome = check(
        CAMEL | WGS | {"tax_id": "camel", "collection_date": "yesterday", "geographic_location": ""},
        CAMEL | WGS | {"sample_alias": "", "platform": "ILUMINA"},
        CAMEL
        | WGS
        | {"sample_alias": "S3", "instrument_model": "MinION", "insert_size": "-1", "library_layout": "both"},
    )
    assert not outcome.report.valid
    assert outcome.drafts is None
    assert set(errors(outcome)) == {
        (2, "tax_id", "not_a_tax_id"),
        (2, "collection_date", "not_a_date"),
        (2, "geographic_location", "missing_required"),
        (3, "sample_alias", "missing_required"),
        (3, "platform", "not_in_vocabulary"),
        (4, "instrument_model", "instrument_not_of_platform"),
        (4, "insert_size", "out_of_range"),
        (4, "library_layout", "not_in_vocabulary"),
    }
    statuses = {name: cell.status for name, cell in outcome.report.rows[0].cells.items()}
    assert statuses["tax_id"] == "invalid"
    assert statuses["geographic_location"] == "missing_required"
    assert statuses["organism"] == "ok"
    assert statuses["insert_size"] == "empty_optional"
    assert outcome.report.rows[2].cells["instrument_model"].status == "invalid"


def test_the_report_has_the_documented_shape():
    report = msgspec.to_builtins(check(CAMEL | {"tax_id": "x"}).report)
    assert set(report) == {"valid", "errors", "total_rows", "headers", "required_fields", "rows"}
    assert report["required_fields"] == ["sample_alias", *CHECKLIST.required_fields]
    assert report["headers"] == list(CAMEL)
    assert report["total_rows"] == 1
    row = report["rows"][0]
    assert set(row) == {"row_num", "sample_alias", "errors", "warnings", "forward_file", "reverse_file", "cells"}
    assert row["row_num"] == 2
    assert row["forward_file"] is None
    assert set(row["errors"][0]) == {"row", "field", "code", "message"}
    assert row["cells"]["sample_alias"] == {"value": "S1", "status": "ok"}


def test_faults_of_the_columns_are_the_sheets_own_errors():
    row = {name: value for name, value in CAMEL.items() if name != "organism"}
    outcome = check(row | {"colour": "brown"})
    assert {(issue.field, issue.code) for issue in outcome.report.errors} == {
        ("organism", "missing_column"),
        ("colour", "unknown_column"),
    }
    assert not outcome.report.valid
    assert check_sheet(Sheet(tuple(CAMEL), ()), CHECKLIST).report.errors[0].code == "no_rows"


def test_rows_that_describe_one_sample_differently_are_refused_naming_both():
    outcome = check(CAMEL, CAMEL | {"sample_alias": "S2"}, CAMEL | {"tax_id": "9837"})
    assert errors(outcome) == [(4, "tax_id", "sample_mismatch")]
    message = outcome.report.rows[2].errors[0].message
    assert "Rows 2 and 4" in message
    assert "9838" in message


def test_rows_that_describe_one_experiment_differently_are_refused_naming_both():
    outcome = check(CAMEL | WGS | {"insert_size": "300"}, CAMEL | WGS | {"insert_size": "350"})
    assert errors(outcome) == [(3, "insert_size", "experiment_mismatch")]
    assert "Rows 2 and 3" in outcome.report.rows[1].errors[0].message


def test_terms_are_stored_in_their_canonical_spelling():
    library = {"library_strategy": "rna-seq", "platform": "illumina", "instrument_model": "NEXTSEQ 500"}
    outcome = check(CAMEL | library | {"sex": "FEMALE", "insert_size": "350.0", "subject_alias": "J"})
    assert errors(outcome) == []
    (experiment,) = outcome.drafts.experiments
    assert (experiment.library_strategy, experiment.platform) == ("RNA-Seq", "ILLUMINA")
    assert (experiment.instrument_model, experiment.library_source) == ("NextSeq 500", "TRANSCRIPTOMIC")
    assert experiment.insert_size == 350
    assert outcome.drafts.samples[0].record["sex"] == "female"
    assert outcome.drafts.subjects[0].sex == "female"


def test_what_a_library_leaves_out_is_taken_with_a_warning():
    outcome = check(CAMEL | {"filename_forward": "a"}, files=[staged("a")])
    assert errors(outcome) == []
    (experiment,) = outcome.drafts.experiments
    assert (experiment.platform, experiment.instrument_model) == ("ILLUMINA", "unspecified")
    assert [issue.field for issue in outcome.report.rows[0].warnings] == [
        "library_strategy",
        "platform",
        "instrument_model",
    ]
    outcome = check(CAMEL | {"instrument_model": "Revio", "library_strategy": "WGS"})
    assert outcome.drafts.experiments[0].platform == "PACBIO_SMRT"


def test_a_single_layout_with_a_reverse_file_is_refused():
    files = [staged("a"), staged("b"), staged("c")]
    pair = {"filename_forward": "a", "filename_reverse": "b"}
    outcome = check(CAMEL | WGS | pair | {"library_layout": "SINGLE"}, files=files)
    assert errors(outcome) == [(2, "library_layout", "layout_mismatch")]
    outcome = check(
        CAMEL | WGS | {"filename_forward": "c", "library_layout": "SINGLE"}, CAMEL | WGS | pair, files=files
    )
    assert errors(outcome) == [(3, "library_layout", "layout_mismatch")]


def test_attributes_of_ones_own_are_kept():
    outcome = check(CAMEL | {"custom:Stable No.": "7", "strain": "K12"})
    assert outcome.drafts.samples[0].custom_fields == {"Stable No.": "7", "strain": "K12"}


def test_the_same_sheet_again_is_valid_and_other_content_under_the_alias_is_not():
    first = check(CAMEL).drafts.samples[0]
    here = {"S1": ExistingFact("NFDP-SAM-000001", digest=first.digest)}
    assert errors(check(CAMEL, samples=here)) == []
    assert errors(check(CAMEL | {"sex": ""}, samples=here)) == []
    changed = check(CAMEL | {"sex": "male"}, samples=here)
    assert errors(changed) == [(2, "sample_alias", "alias_taken")]
    assert "NFDP-SAM-000001" in changed.report.rows[0].errors[0].message
    elsewhere = {"S1": ExistingFact("NFDP-SAM-000001", here=False, digest=first.digest)}
    assert errors(check(CAMEL, samples=elsewhere)) == [(2, "sample_alias", "alias_taken")]


def test_a_subject_of_another_project_cannot_be_named():
    row = CAMEL | {"subject_alias": "J"}
    assert errors(check(row, subjects={"J": ExistingFact("NFDP-SBJ-000001")})) == []
    outcome = check(row, subjects={"J": ExistingFact("NFDP-SBJ-000001", here=False)})
    assert errors(outcome) == [(2, "subject_alias", "alias_taken")]


def test_where_only_samples_are_made_files_and_libraries_are_left_aside_with_a_warning():
    row = CAMEL | WGS | {"filename_forward": "not staged.bam", "insert_size": ""}
    outcome = check(row, samples_only=True)
    assert errors(outcome) == []
    assert (len(outcome.drafts.samples), outcome.drafts.experiments, outcome.drafts.runs) == (1, (), ())
    assert {issue.field for issue in outcome.report.rows[0].warnings} == {*WGS, "filename_forward"}


def test_an_attribute_of_ones_own_cannot_pose_as_a_column():
    assert errors(check(CAMEL | {"custom:platform": "x"})) == [(None, "custom:platform", "unknown_column")]


@pytest.mark.parametrize("count", [400])
def test_every_row_of_a_long_sheet_gets_its_own_files(count):
    rows = [
        CAMEL | WGS | {"sample_alias": f"S{n}", "filename_forward": f"S{n}_R1.fq", "filename_reverse": f"S{n}_R2.fq"}
        for n in range(count)
    ]
    files = [staged(f"S{n}_R{read}.fq") for n in range(count) for read in (1, 2)]
    outcome = check(*rows, files=files)
    assert errors(outcome) == []
    assert [run.staged_file_id for run in outcome.drafts.runs] == [file.id for file in files]
    assert len(outcome.drafts.experiments) == count
