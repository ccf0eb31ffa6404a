"""Promises of the simulated sheet: the archive's own rules find nothing to say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulate import CHECKLIST, Dataset, md5_of, simulate_dataset, write_sheet

from accession.checklists.lookup import get_checklist
from accession.sheets.matching import StagedFact
from accession.sheets.reader import read_sheet
from accession.sheets.rules import check_sheet
from accession.sheets.template import SheetFormat, template

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return simulate_dataset(tmp_path_factory.mktemp("project"), genome_length=3_000, pairs=50)


def staged(project: Dataset) -> list[StagedFact]:
    return [StagedFact(path.name, path.name, md5_of(path), "verified") for path in project.submitted]


def test_the_sheet_makes_a_sample_with_one_experiment_and_four_runs_of_each_three_rows(project: Dataset) -> None:
    sheet = read_sheet(project.sheet, project.sheet.name)
    outcome = check_sheet(sheet, get_checklist(CHECKLIST), staged=staged(project))
    assert outcome.report.all_issues() == []
    assert [row.warnings for row in outcome.report.rows] == [[]] * 6
    drafts = outcome.drafts
    assert drafts is not None
    assert (len(drafts.subjects), len(drafts.samples), len(drafts.experiments), len(drafts.runs)) == (2, 2, 2, 8)
    paired = [run for run in drafts.runs if run.read_number is not None]
    assert len(paired) == 4


def test_the_rows_can_be_written_under_the_columns_of_the_archives_template(project: Dataset, tmp_path: Path) -> None:
    header = template(get_checklist(CHECKLIST), SheetFormat.TSV).decode("utf-8-sig").splitlines()[0]
    path = tmp_path / "filled.tsv"
    write_sheet(path, project.samples, columns=header.split("\t"))
    outcome = check_sheet(read_sheet(path, path.name), get_checklist(CHECKLIST), staged=staged(project))
    assert outcome.report.all_issues() == []
    assert outcome.drafts is not None
    assert len(outcome.drafts.runs) == 8
