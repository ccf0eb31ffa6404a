"""Rows of pipelines' sheets hold the pipelines' rules, as a schema says them; the rest is left out with a reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import jsonschema
import pytest

from accession.nfcore.pairing import paired
from accession.nfcore.pipelines import PIPELINES, SheetForm, json_schema
from accession.nfcore.reading import RunFile
from accession.nfcore.rows import sheet_rows

OF_READS = [form for form in PIPELINES if form is not SheetForm.FETCHNGS]
READS = {SheetForm.AMPLISEQ: ("sampleID", "forwardReads", "reverseReads")}


def run(number: int, filename: str | None = None, **changes: Any) -> RunFile:
    """A run of its own experiment, sample and subject, of the same number."""
    known: dict[str, Any] = dict.fromkeys(RunFile.__struct_fields__)
    known |= {"id": UUID(int=number), "serial": number, "accession": f"NFDP-RUN-{number:06d}", "ready": True}
    known |= {"kept": True, "file_type": "FASTQ", "filename": filename or f"S{number}.fastq.gz", "public_ids": ()}
    known |= {"experiment": f"E{number}", "platform": "ILLUMINA", "library_layout": "SINGLE", "sample": f"S{number}"}
    known |= {
        "sample_alias": f"cow {number}",
        "custom_fields": {},
        "subject": f"P{number}",
        "project": "NFDP-PRJ-000001",
    }
    return RunFile(**{**known, "project_ids": (), **changes})


def pair(first: int, sample: int = 1, **changes: Any) -> list[RunFile]:
    """Mates with the numbers `first` and `first` + 1."""
    common = {"experiment": f"E{first}", "sample": f"S{sample}", "sample_alias": f"cow {sample}"}
    common |= {"subject": f"P{sample}", "library_layout": "PAIRED", **changes}
    ids = UUID(int=first), UUID(int=first + 1)
    return [
        run(first, f"x{first}_R1.fastq.gz", mate_id=ids[1], read_number=1, **common),
        run(first + 1, f"x{first}_R2.fastq.gz", mate_id=ids[0], read_number=2, **common),
    ]


def rows_of(form: SheetForm, *runs: RunFile, asked: str | None = None) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The rows, all checked against the schema; and of each run that is left out the code."""
    pipeline = PIPELINES[form]
    rows, issues = sheet_rows(pipeline, runs, lambda run, name: f"http://x/runs/{run.accession}/{name}", asked)
    for row in rows:
        filled = {column: cell for column, cell in row.items() if cell}
        jsonschema.validate(filled, json_schema(pipeline), cls=jsonschema.Draft202012Validator)
    for columns in pipeline.unique:
        keys = [key for row in rows if all(key := tuple(row[column] for column in columns))]
        assert len(keys) == len(set(keys)), columns
    return rows, {issue.message.split(":")[0].split()[0]: issue.code for issue in issues}


@pytest.mark.parametrize("form", OF_READS)
def test_a_pair_is_one_row_and_further_pairs_of_a_sample_are_further_rows(form: SheetForm) -> None:
    rows, left_out = rows_of(form, *pair(1), *pair(3), *pair(5, sample=2))
    sample, one, two = READS.get(form, ("sample", "fastq_1", "fastq_2"))
    assert left_out == {}
    assert [[row[name].rpartition("/")[2] for name in (one, two)] for row in rows] == [
        [f"x{n}_R1.fastq.gz", f"x{n}_R2.fastq.gz"] for n in (1, 3, 5)
    ]
    names = [row[sample] for row in rows]
    expected = (
        ["cow_1", "cow_1_NFDP_RUN_000003", "cow_2"] if form is SheetForm.AMPLISEQ else ["cow_1", "cow_1", "cow_2"]
    )
    assert names == expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"file_type": "VCF"}, "not_reads"),
        ({"ready": False}, "file_not_verified"),
        ({"kept": False}, "file_not_kept"),
        ({"filename": "x.fastq"}, "file_name_ending"),
        ({"filename": "x.txt"}, "file_name_ending"),
        ({"mate_id": UUID(int=99)}, "mate_missing"),
        ({"read_number": 2, "library_layout": "PAIRED"}, "mate_missing"),
        ({"filename": "x_2.fq.gz", "library_layout": "PAIRED"}, "mate_missing"),
    ],
)
def test_what_rnaseq_cannot_take_is_left_out_with_the_reason(changes: dict[str, Any], code: str) -> None:
    rows, left_out = rows_of(SheetForm.RNASEQ, run(1), run(2, **changes))
    assert [row["sample"] for row in rows] == ["cow_1"]
    assert left_out == {"NFDP-RUN-000002": code}


def test_the_other_half_of_a_file_that_is_left_out_is_left_out_too() -> None:
    one, two = pair(1)
    broken = run(2, two.filename, ready=False, mate_id=two.mate_id, read_number=2)
    assert rows_of(SheetForm.RNASEQ, one, broken)[1] == {
        "NFDP-RUN-000001": "mate_missing",
        "NFDP-RUN-000002": "file_not_verified",
    }


def test_read_1_comes_first_whatever_was_registered_first() -> None:
    one, two = pair(1)
    swapped = [run(1, "a_2.fq.gz", mate_id=two.id), run(2, "a_1.fq.gz", mate_id=one.id)]
    (row,), _ = rows_of(SheetForm.RNASEQ, *swapped)
    assert row["fastq_1"].endswith("000002/a_1.fq.gz")
    numbered = [run(1, "a.fq.gz", mate_id=two.id, read_number=2), run(2, "b.fq.gz", mate_id=one.id)]
    assert rows_of(SheetForm.RNASEQ, *numbered)[0][0]["fastq_1"].endswith("000002/b.fq.gz")
    nameless = [
        run(999_999, "a.fq.gz", mate_id=UUID(int=1_000_000)),
        run(1_000_000, "b.fq.gz", mate_id=UUID(int=999_999)),
    ]
    assert rows_of(SheetForm.RNASEQ, *nameless)[0][0]["fastq_1"].endswith("/a.fq.gz")


def test_two_files_of_one_paired_library_are_a_pair_where_nothing_else_can_be_meant() -> None:
    common = {"experiment": "E1", "sample": "S1", "library_layout": "PAIRED"}
    named = [run(n, f"x_L00{n % 2}_R{1 + n // 3}_001.fastq.gz", **common) for n in (1, 2, 3, 4)]
    assert [(e.one.serial, e.two and e.two.serial) for e in paired(named, named)[0]] == [(1, 3), (2, 4)]
    numbered = [run(n, f"{n}.fq.gz", read_number=n, **common) for n in (1, 2)]
    assert [(e.one.serial, e.two and e.two.serial) for e in paired(numbered, numbered)[0]] == [(1, 2)]
    strangers = [run(1, "a_R1.fq.gz", **common), run(2, "b_R2.fq.gz", **common)]
    rows, alone = paired(strangers, strangers)
    assert [(e.one.serial, e.two) for e in rows] == [(1, None)]
    assert [found.serial for found, _ in alone] == [2]
    single = [run(1, "a_1.fq.gz", experiment="E1"), run(2, "a_2.fq.gz", experiment="E1")]
    assert [(e.one.serial, e.two) for e in paired(single, single)[0]] == [(1, None), (2, None)]


def test_two_files_of_a_pair_that_are_called_the_same_get_names_that_differ() -> None:
    ids = UUID(int=1), UUID(int=2)
    (row,), _ = rows_of(SheetForm.RNASEQ, run(1, "r.fq.gz", mate_id=ids[1]), run(2, "r.fq.gz", mate_id=ids[0]))
    assert row["fastq_1"].endswith("/NFDP-RUN-000001_r.fq.gz")
    assert row["fastq_2"].endswith("/NFDP-RUN-000002_r.fq.gz")


def test_a_sample_with_pairs_keeps_its_single_files_out_and_ampliseq_keeps_all_of_them_out() -> None:
    runs = [*pair(1), run(3, sample="S1"), run(4)]
    assert rows_of(SheetForm.RNASEQ, *runs)[1] == {"NFDP-RUN-000003": "mixed_layout"}
    both = {"NFDP-RUN-000003": "mixed_layout", "NFDP-RUN-000004": "mixed_layout"}
    assert rows_of(SheetForm.AMPLISEQ, *runs)[1] == both
    assert rows_of(SheetForm.AMPLISEQ, run(3), run(4))[1] == {}
    assert rows_of(SheetForm.SAREK, *runs)[1] == dict.fromkeys(both, "not_paired")


def test_sarek_is_told_patient_sex_status_and_lane() -> None:
    tumour = pair(
        1, subject="P1", subject_alias="Bella 1", subject_sex="female", custom_fields={"tumor_status": "Tumor"}
    )
    normal = pair(3, sample=2, subject="P1", subject_alias="Bella 1", subject_sex="female")
    alone = pair(5, sample=3, subject=None, sample_sex="male")
    rows, _ = rows_of(SheetForm.SAREK, *tumour, *normal, *alone)
    assert [[row[name] for name in ("patient", "sex", "status", "sample", "lane")] for row in rows] == [
        ["Bella_1", "XX", "1", "cow_1", "NFDP-RUN-000001"],
        ["Bella_1", "XX", "0", "cow_2", "NFDP-RUN-000003"],
        ["cow_3", "XY", "0", "cow_3", "NFDP-RUN-000005"],
    ]


def test_sarek_takes_the_bam_of_a_sample_without_reads_and_no_other() -> None:
    runs = [*pair(1), run(3, "a.bam", sample="S1", file_type="BAM"), run(4, "b.BAM", file_type="BAM")]
    rows, left_out = rows_of(SheetForm.SAREK, *runs)
    assert [row["bam"].rpartition("/")[2] for row in rows] == ["", "b.bam"]
    assert left_out == {"NFDP-RUN-000003": "not_reads"}


def test_platforms_that_a_pipeline_does_not_know_are_left_out() -> None:
    runs = [run(1), run(2, platform="OXFORD_NANOPORE"), run(3, platform="HI_C"), run(4, platform=None)]
    assert rows_of(SheetForm.TAXPROFILER, *runs)[1] == {
        "NFDP-RUN-000003": "not_in_vocabulary",
        "NFDP-RUN-000004": "missing_required",
    }
    assert rows_of(SheetForm.VIRALRECON, *runs)[1] == {"NFDP-RUN-000002": "other_platform"}


def test_viralrecon_takes_reads_that_are_not_compressed() -> None:
    assert rows_of(SheetForm.VIRALRECON, run(1, "x.fastq"))[1] == {}


def test_fetchngs_is_told_public_identifiers_each_once() -> None:
    runs = [
        run(1, public_ids=("none", "ERR123")),
        run(2, public_ids=("SAMEA7",)),
        run(3, public_ids=("SAMEA7",)),
        run(4),
    ]
    rows, left_out = rows_of(SheetForm.FETCHNGS, *runs)
    assert [row["id"] for row in rows] == ["ERR123", "SAMEA7"]
    assert left_out == {"NFDP-RUN-000004": "no_public_accession"}
    assert rows_of(SheetForm.FETCHNGS, run(1, project_ids=("PRJEB9",)), run(2))[0] == [{"id": "PRJEB9"}]


def test_one_run_that_is_asked_for_comes_with_its_mate_and_nothing_else() -> None:
    runs = [*pair(1), *pair(3, experiment="E1"), run(5, "x.txt")]
    rows, left_out = rows_of(SheetForm.RNASEQ, *runs, asked="NFDP-RUN-000004")
    assert [row["fastq_1"].rpartition("/")[2] for row in rows] == ["x3_R1.fastq.gz"]
    assert left_out == {}
    assert rows_of(SheetForm.RNASEQ, *runs, asked="NFDP-RUN-000005")[1] == {"NFDP-RUN-000005": "file_name_ending"}
