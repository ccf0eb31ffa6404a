"""Matching the rows of a sheet to staged files: by name, by MD5, by alias, and what is refused."""

from __future__ import annotations

import pytest

from accession.checklists.lookup import get_checklist
from accession.sheets.matching import StagedFact
from accession.sheets.rules import check_sheet
from tests.accession.test_sheet_rules import CAMEL, WGS, errors, sheet_of

CHECKLIST = get_checklist("ERC000011")
A, B, C = ("a" * 32, "b" * 32, "c" * 32)
ROW = CAMEL | WGS


def staged(name, md5=A, state="verified", *, key=None, **more):
    return StagedFact(id=key or name, filename=name, md5=md5, state=state, **more)


def check(*rows, files):
    return check_sheet(sheet_of(*rows), CHECKLIST, staged=files)


def found(outcome, row=0):
    report = outcome.report.rows[row]
    return [file.staged_file_id if file else None for file in (report.forward_file, report.reverse_file)]


def warnings(outcome, row=0):
    return [issue.code for issue in outcome.report.rows[row].warnings]


def test_an_exact_name_comes_first_and_needs_no_warning():
    files = [staged("x.bam", A), staged("y.bam", B), staged("S1_R1.fq", C)]
    outcome = check(ROW | {"filename_forward": "y.bam", "md5_forward": B.upper()}, files=files)
    assert (errors(outcome), found(outcome), warnings(outcome)) == ([], ["y.bam", None], [])


def test_a_file_renamed_since_is_found_by_its_md5_with_a_warning():
    outcome = check(
        ROW | {"filename_forward": "old.bam", "md5_forward": B}, files=[staged("x", A), staged("new.bam", B)]
    )
    assert (errors(outcome), found(outcome), warnings(outcome)) == ([], ["new.bam", None], ["guessed_file"])
    assert "new.bam" in outcome.report.rows[0].warnings[0].message
    outcome = check(ROW | {"md5_forward": B}, files=[staged("new.bam", B)])
    assert (found(outcome), warnings(outcome)) == (["new.bam", None], [])


@pytest.mark.parametrize("name", ["S1_R1.fastq.gz", "S1.R1.fq", "S1-R1_001.fastq.gz", "S1_r1.fq"])
def test_a_mistyped_name_is_found_by_the_samples_alias_with_a_warning(name):
    outcome = check(ROW | {"filename_forward": "S1_R1.fast.gz"}, files=[staged(name), staged("S10_R1.fq", B)])
    assert (errors(outcome), found(outcome), warnings(outcome)) == ([], [name, None], ["guessed_file"])


@pytest.mark.parametrize("name", ["S10_R1.fq", "S1R1.fq", "S1_R10.fq", "XS1_R1.fq", "S1_R2.fq"])
def test_other_names_are_no_guess_for_the_alias(name):
    outcome = check(ROW | {"filename_forward": "absent.fq"}, files=[staged(name)])
    assert errors(outcome) == [(2, "filename_forward", "file_not_found")]


def test_a_name_that_is_not_staged_is_refused_with_one_like_it():
    outcome = check(ROW | {"filename_forward": "camel_1.bam"}, files=[staged("camel-1.bam"), staged("zebra.bam", B)])
    assert errors(outcome) == [(2, "filename_forward", "file_not_found")]
    assert "camel-1.bam" in outcome.report.rows[0].errors[0].message
    assert outcome.report.rows[0].cells["filename_forward"].status == "invalid"


def test_a_name_that_fits_several_files_is_refused_with_the_candidates():
    files = [staged("x.bam", A, key="1"), staged("x.bam", B, key="2")]
    outcome = check(ROW | {"filename_forward": "x.bam"}, files=files)
    assert errors(outcome) == [(2, "filename_forward", "ambiguous_file")]
    assert "id 1" in outcome.report.rows[0].errors[0].message
    assert "id 2" in outcome.report.rows[0].errors[0].message
    outcome = check(ROW | {"filename_forward": "x.bam", "md5_forward": B}, files=files)
    assert (errors(outcome), found(outcome)) == ([], ["2", None])


def test_a_declared_md5_that_differs_is_refused():
    outcome = check(ROW | {"filename_forward": "x.bam", "md5_forward": B}, files=[staged("x.bam", A)])
    assert errors(outcome) == [(2, "md5_forward", "md5_mismatch")]
    outcome = check(ROW | {"filename_forward": "x.bam", "md5_forward": "12"}, files=[staged("x.bam", A)])
    assert errors(outcome) == [(2, "md5_forward", "pattern_mismatch")]


def test_a_file_that_is_still_being_verified_is_told_apart():
    outcome = check(ROW | {"filename_forward": "x.bam"}, files=[staged("x.bam", None, "verifying")])
    assert outcome.report.valid
    assert outcome.pending_files == ["x.bam"]
    assert warnings(outcome) == ["file_verifying"]


def test_a_rejected_file_is_refused_with_its_reason_unless_a_good_one_came_after():
    bad = staged("x.fq", A, "rejected", key="1", reason="line 3: no +")
    outcome = check(ROW | {"filename_forward": "x.fq"}, files=[bad])
    assert errors(outcome) == [(2, "filename_forward", "rejected_file")]
    assert "line 3: no +" in outcome.report.rows[0].errors[0].message
    outcome = check(ROW | {"filename_forward": "x.fq"}, files=[bad, staged("x.fq", B, key="2")])
    assert (errors(outcome), found(outcome)) == ([], ["2", None])


def test_expired_files_and_files_of_other_samples_are_refused():
    for state, more, code in (
        ("expired", {}, "file_expired"),
        ("linked", {}, "file_already_linked"),
        ("linked", {"linked_to": "S2"}, "file_already_linked"),
    ):
        outcome = check(ROW | {"filename_forward": "x.fq"}, files=[staged("x.fq", A, state, **more)])
        assert errors(outcome) == [(2, "filename_forward", code)]


def test_a_file_that_is_this_samples_run_already_is_accepted_again():
    mine = staged("x.fq", A, "linked", key="old", linked_to="S1")
    outcome = check(ROW | {"filename_forward": "x.fq"}, files=[mine])
    assert (errors(outcome), [run.linked for run in outcome.drafts.runs]) == ([], [True])
    outcome = check(ROW | {"filename_forward": "x.fq"}, files=[mine, staged("x.fq", A, key="same bytes")])
    assert found(outcome) == ["old", None]
    outcome = check(ROW | {"filename_forward": "x.fq"}, files=[mine, staged("x.fq", B, key="new bytes")])
    assert found(outcome) == ["new bytes", None]


def test_a_file_makes_one_run_only():
    outcome = check(ROW | {"filename_forward": "x", "filename_reverse": "x"}, files=[staged("x")])
    assert errors(outcome) == [(2, "filename_reverse", "duplicate_file")]
    outcome = check(
        ROW | {"filename_forward": "x"}, ROW | {"sample_alias": "S2", "filename_forward": "x"}, files=[staged("x")]
    )
    assert errors(outcome) == [(3, "filename_forward", "duplicate_file")]
    assert "rows 2 and 3" in outcome.report.rows[1].errors[0].message


def test_a_reverse_file_needs_a_forward_file():
    outcome = check(ROW | {"filename_reverse": "x"}, files=[staged("x")])
    assert errors(outcome) == [(2, "filename_forward", "reverse_without_forward")]
    outcome = check(ROW | {"filename_forward": "", "filename_reverse": "x"}, files=[staged("x")])
    assert errors(outcome) == [(2, "filename_forward", "reverse_without_forward")]


def test_only_reads_have_mates():
    files = [staged("x.fq", A, file_type="FASTQ"), staged("x.bam", B, file_type="BAM")]
    outcome = check(ROW | {"filename_forward": "x.fq", "filename_reverse": "x.bam"}, files=files)
    assert errors(outcome) == [(2, "filename_reverse", "not_reads")]


@pytest.mark.parametrize(
    ("reverse", "said"),
    [
        ({"records": 4_999, "names_digest": "x"}, "'x_1.fq' has 5,000 reads, 'x_2.fq' 4,999"),
        ({"records": 5_000, "names_digest": "y"}, "the read names differ"),
        ({"records": 5_000, "names_digest": "x", "md5": A}, "the same bytes"),
        ({"records": 5_000, "names_digest": "x"}, None),
        ({"records": 5_000}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_two_files_are_a_pair_unless_their_reads_say_otherwise(reverse, said, named):
    names = ("x_1.fq", "x_2.fq") if named else ("S1_R1.fq", "S1_R2.fq")
    files = [
        staged(names[0], file_type="FASTQ", records=5_000, names_digest="x"),
        staged(names[1], file_type="FASTQ", **{"md5": B, **reverse}),
    ]
    outcome = check(ROW | {"filename_forward": names[0], "filename_reverse": names[1]} if named else ROW, files=files)
    assert errors(outcome) == ([(2, "filename_reverse", "mate_mismatch")] if said else [])
    if said:
        said = said if named else said.replace("x_1", "S1_R1").replace("x_2", "S1_R2")
        assert said in outcome.report.rows[0].errors[0].message


def test_alignments_and_variants_stand_beside_the_pair_of_their_library():
    types = {"x_1.fq": "FASTQ", "x_2.fq": "FASTQ", "x.bam": "BAM", "x.vcf.gz": "VCF"}
    files = [staged(name, name, file_type=form, records=n) for n, (name, form) in enumerate(types.items())]
    files[1] = staged("x_2.fq", "x", file_type="FASTQ", records=0)
    paired = ROW | {"library_layout": "PAIRED"}
    pair = paired | {"filename_forward": "x_1.fq", "filename_reverse": "x_2.fq"}
    outcome = check(
        pair, *(paired | {"filename_forward": n, "filename_reverse": ""} for n in ("x.bam", "x.vcf.gz")), files=files
    )
    assert errors(outcome) == []
    assert [experiment.library_layout for experiment in outcome.drafts.experiments] == ["PAIRED"]
    assert [run.mate for run in outcome.drafts.runs] == [1, 0, None, None]


def test_a_row_that_names_no_file_gets_the_runs_of_its_own_library_again():
    key = ("ILLUMINA", "Illumina NovaSeq 6000", "WGS", None)
    mine = staged("S1_R1.fq", A, "linked", key="mine", linked_to="S1", linked_library=key)
    other = staged("S1_R1.fq", B, "linked", key="other", linked_to="S1", linked_library=("ILLUMINA", "x", "WGS", None))
    assert found(check(ROW, files=[mine, other])) == ["mine", None]
    assert found(check(ROW, files=[other])) == [None, None]
    assert found(check(ROW, files=[other, staged("S1_R1.fq", C, key="live")])) == ["live", None]


def test_a_row_that_names_no_file_gets_those_named_after_its_sample_with_a_warning():
    files = [staged("S1_R1.fq", A), staged("S1_R2.fq", B), staged("S2_R1.fq", C)]
    outcome = check(CAMEL, files=files)
    assert (errors(outcome), found(outcome)) == ([], ["S1_R1.fq", "S1_R2.fq"])
    assert warnings(outcome)[:2] == ["guessed_file", "guessed_file"]
    assert outcome.drafts.experiments[0].library_layout == "PAIRED"


def test_a_guess_never_takes_a_file_that_another_row_names():
    files = [staged("S1_R1.fq", A), staged("S1_R2.fq", B)]
    named = ROW | {"filename_forward": "S1_R1.fq", "filename_reverse": "S1_R2.fq"}
    outcome = check(ROW | {"filename_forward": ""}, named, files=files)
    assert (errors(outcome), found(outcome), found(outcome, 1)) == ([], [None, None], ["S1_R1.fq", "S1_R2.fq"])


def test_a_row_with_one_file_named_gets_no_other_by_guess():
    files = [staged("S1.bam", A), staged("S1_R2.fq", B)]
    outcome = check(ROW | {"filename_forward": "S1.bam", "filename_reverse": ""}, files=files)
    assert (errors(outcome), found(outcome)) == ([], ["S1.bam", None])


def test_several_files_that_could_be_guessed_leave_the_row_without():
    outcome = check(CAMEL, files=[staged("S1_R1.fq", A), staged("S1.R1.fq", B)])
    assert (errors(outcome), found(outcome), warnings(outcome)) == ([], [None, None], ["ambiguous_guess"])
