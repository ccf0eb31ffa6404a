"""Templates of bulk sheets: they can be read back, are accepted as they are, and offer the terms."""

from __future__ import annotations

import io
import zipfile

import pytest

from accession.checklists.lookup import all_checklists, get_checklist
from accession.checklists.rules import check_sample
from accession.sheets.columns import read_columns, required_columns, template_columns
from accession.sheets.reader import read_sheet
from accession.sheets.rules import check_sheet
from accession.sheets.template import SheetFormat, template

FILES = ("filename_forward", "filename_reverse", "md5_forward", "md5_reverse")


@pytest.mark.parametrize("form", SheetFormat)
@pytest.mark.parametrize("checklist", all_checklists(), ids=lambda checklist: checklist.id)
def test_every_template_reads_back_and_is_accepted_as_it_is(checklist, form, tmp_path):
    path = tmp_path / f"template.{form}"
    path.write_bytes(template(checklist, form))
    sheet = read_sheet(path, path.name)
    assert sheet.headers == template_columns(checklist)
    assert [row.number for row in sheet.rows] == [2, 3]
    for row in sheet.rows:
        cells = dict(zip(sheet.headers, row.cells, strict=True))
        assert check_sample(checklist, {name: cells[name] for name in checklist.by_name}) == []
        assert not any(cells[name] for name in FILES)
    outcome = check_sheet(sheet, checklist)
    assert outcome.report.all_issues() == []
    assert [sample.alias for sample in outcome.drafts.samples] == ["SAMPLE_001", "SAMPLE_002"]
    assert len(outcome.drafts.experiments) == 2


def test_the_columns_come_in_the_promised_order():
    columns = template_columns(get_checklist("ERC000011"))
    assert columns[:6] == (
        "sample_alias",
        "subject_alias",
        "organism",
        "tax_id",
        "collection_date",
        "geographic_location",
    )
    assert columns[-12:] == (
        *FILES,
        "library_strategy",
        "platform",
        "instrument_model",
        "library_source",
        "library_layout",
        "library_selection",
        "insert_size",
        "library_name",
    )


def test_the_three_formats_say_the_same(tmp_path):
    checklist = get_checklist("ERC000022")
    sheets = []
    for form in SheetFormat:
        path = tmp_path / form
        path.write_bytes(template(checklist, form))
        sheets.append(read_sheet(path, f"template.{form}"))
    assert sheets[0] == sheets[1] == sheets[2]


def test_the_workbook_has_drop_downs_also_for_lists_too_long_for_a_cell():
    parts = zipfile.ZipFile(io.BytesIO(template(get_checklist("ERC000011"), SheetFormat.XLSX)))
    samples = parts.read("xl/worksheets/sheet1.xml").decode()
    assert '"SINGLE,PAIRED"' in samples.replace("&quot;", '"')
    assert "lists!$A$1" in samples
    assert 'name="lists" sheetId="3" state="hidden"' in parts.read("xl/workbook.xml").decode()


def test_an_unknown_column_is_refused_with_the_names_that_come_near():
    checklist = get_checklist("ERC000011")
    headers = (*required_columns(checklist), "colection_dat", "filename_foward")
    columns, issues = read_columns(headers, checklist)
    assert [column.name for column in columns] == list(required_columns(checklist))
    assert [(issue.code, issue.field) for issue in issues] == [
        ("unknown_column", "colection_dat"),
        ("unknown_column", "filename_foward"),
    ]
    assert "collection_date" in issues[0].message
    assert "filename_forward" in issues[1].message


def test_headers_may_be_labels_and_an_attribute_of_ones_own_is_marked():
    checklist = get_checklist("ERC000011")
    headers = (
        "Sample Alias",
        "Scientific Name",
        "taxon_id",
        "collection date",
        "geographic location (country and/or sea)",
        "Instrument Model",
        "custom:Stable No.",
        "custom:strain",
    )
    columns, issues = read_columns(headers, checklist)
    assert issues == []
    names = [*required_columns(checklist), "instrument_model", "Stable No.", "strain"]
    assert [column.name for column in columns] == names


def test_a_doubled_and_an_absent_column_are_named():
    checklist = get_checklist("ERC000011")
    _, issues = read_columns(("sample_alias", "organism", "scientific_name", "collection_date"), checklist)
    assert [(issue.code, issue.field) for issue in issues] == [
        ("duplicate_column", "organism"),
        ("missing_column", "tax_id"),
        ("missing_column", "geographic_location"),
    ]
