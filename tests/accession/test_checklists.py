"""The checklists: their fields, what a sample must tell, and how its values are judged and stored."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from accession.checklists.fields import Requirement, normalise_name
from accession.checklists.lookup import all_checklists, get_checklist, record_names
from accession.checklists.rules import check_sample, settle_sample
from accession.checklists.schema import checklist_schema
from accession.sheets.columns import fixed_fields, template_fields
from accession.sheets.template import example_rows

FACTS = Path(__file__).parents[2] / ".." / "shared" / "facts" / "ena_checklists.json"
DEFAULT = get_checklist("ERC000011")
SOIL = get_checklist("ERC000022")
CAMEL = {
    "organism": "Camelus dromedarius",
    "tax_id": 9838,
    "collection_date": "2026-01-15",
    "geographic_location": "Saudi Arabia:Riyadh",
}


def codes(values, checklist=DEFAULT):
    return [issue.code for issue in check_sample(checklist, values)]


def test_there_are_all_ena_checklists_and_that_of_livestock_chips():
    ids = [checklist.id for checklist in all_checklists()]
    assert len(ids) == len(set(ids)) == 49
    assert {"ERC000011", "ERC000060", "snpchip_livestock"} <= set(ids)
    assert get_checklist("ERC999999") is None


def test_required_fields_are_named_as_the_archive_names_them_and_leave_out_alias_and_title():
    assert DEFAULT.required_fields == ("organism", "tax_id", "collection_date", "geographic_location")
    assert get_checklist("snpchip_livestock").required_fields == ("organism", "tax_id", "breed")
    assert "host" in get_checklist("ERC000033").required_fields
    assert {"tissue", "developmental_stage", "sex"} <= set(get_checklist("ERC000053").required_fields)


def test_in_every_checklist_names_are_unique_and_every_record_field_is_there():
    for checklist in all_checklists():
        names = [field.name for field in checklist.fields]
        assert len(names) == len(set(names))
        assert {field.name for field in checklist.fields if field.in_record} == set(record_names())
        assert names[:2] == ["organism", "tax_id"]
        assert not set(names) & set(fixed_fields())


def test_no_mandatory_field_of_the_published_checklists_is_forgotten():
    if not FACTS.exists():
        return
    for checklist_id, facts in json.loads(FACTS.read_text())["checklists"].items():
        checklist = get_checklist(checklist_id)
        for fact in facts["fields"]:
            if fact["name"] in {"alias", "title"}:
                continue
            field = checklist.find(fact["name"])
            assert field is not None
            assert field.required or fact["cardinality"] != "mandatory"
            assert (fact["type"] == "TEXT_CHOICE_FIELD") <= bool(field.choices)
            assert (fact.get("units") in {None, "Yes"}) or field.units


def test_a_complete_sample_has_no_issue():
    assert codes(CAMEL) == []


def test_each_missing_required_field_is_named():
    issues = check_sample(DEFAULT, {"organism": "Camelus dromedarius", "tax_id": ""})
    assert {issue.code for issue in issues} == {"missing_required"}
    assert [issue.field for issue in issues] == ["tax_id", "collection_date", "geographic_location"]


@pytest.mark.parametrize(
    "date",
    ["2026", "2026-01", "2024-02-29", "2026-01-15T08:30Z", "2026-01-15T08:30:59+03", "2024-05/2024-06", "2020/2020",
     "not collected", "Missing: Control Sample", "2024-05-17/2024"],
)  # fmt: skip
def test_iso_dates_ranges_and_missing_value_terms_are_accepted(date):
    assert codes(CAMEL | {"collection_date": date}) == []


@pytest.mark.parametrize(
    "date",
    ["15.01.2026", "2026-13", "2026-02-30", "2023-02-29", "26-01-15", "2026/01/15", "2026-1-5", "2026-01-15T25:00Z",
     "yesterday", "2024-06/2024-05", "2024-05/", "0001", "\u0662\u0660\u0662\u0666"],
)  # fmt: skip
def test_other_dates_and_reversed_ranges_are_refused(date):
    assert codes(CAMEL | {"collection_date": date}) in (["not_a_date"], ["range_reversed"])


@pytest.mark.parametrize("tax_id", [9838, "9838", 9838.0])
def test_a_tax_id_is_stored_as_a_number(tax_id):
    settled = settle_sample(DEFAULT, CAMEL | {"tax_id": tax_id})
    assert settled.issues == []
    assert settled.record["tax_id"] == 9838
    assert type(settled.record["tax_id"]) is int


@pytest.mark.parametrize("tax_id", [0, -1, "human", 3.5, 2**31, True, "not collected", ["9838"], {"id": 9838}])
def test_what_is_no_tax_id_is_refused(tax_id):
    assert codes(CAMEL | {"tax_id": tax_id}) in (["not_a_tax_id"], ["not_a_value"])


def test_terms_take_their_canonical_spelling_and_a_place_may_name_a_locality():
    settled = settle_sample(DEFAULT, CAMEL | {"geographic_location": "saudi arabia:Riyadh", "sex": "Female"})
    assert settled.record["geographic_location"] == "Saudi Arabia:Riyadh"
    assert settled.record["sex"] == "female"
    for place in ("Atlantis", "Riyadh", "Saudi Arabia:", ":Riyadh"):
        assert codes(CAMEL | {"geographic_location": place}) == ["not_in_vocabulary"]


def test_the_issue_of_an_unknown_term_offers_what_was_expected():
    (issue,) = check_sample(DEFAULT, CAMEL | {"environmental_sample": "perhaps"})
    assert "No" in issue.message
    assert "Yes" in issue.message
    assert issue.field == "environmental_sample"


def test_names_may_be_written_as_labels_and_as_other_archives_write_them():
    written = {
        "Scientific Name": "Camelus dromedarius",
        "taxon_id": "9838",
        "Collection-Date": "2026",
        "geographic location (country and/or sea)": "Saudi Arabia",
        "tissue_type": "blood",
    }
    settled = settle_sample(DEFAULT, written)
    assert settled.issues == []
    assert settled.record["organism"] == "Camelus dromedarius"
    assert settled.record["tissue"] == "blood"
    assert codes(CAMEL | {"collection date": "2026"}) == ["duplicate_field"]


def test_fields_of_the_submitters_own_are_kept_as_custom_fields_under_their_own_name():
    settled = settle_sample(DEFAULT, CAMEL | {"Stable No.": 7, "strain": "K12", "blank": " "})
    assert settled.issues == []
    assert settled.custom_fields == {"Stable No.": "7", "strain": "K12"}


@pytest.mark.parametrize("value", ["abc", "1e999999999", "1" * 9_000, "1,5", "٣", "12 m", "nan", "inf"])
def test_what_is_no_number_is_refused_at_once(value):
    soil = dict(zip(*_example(SOIL), strict=True)) | {"depth": value}
    assert codes(soil, SOIL) == ["not_a_number"]


def test_numbers_have_bounds_and_missing_value_terms_where_the_checklist_allows_them():
    soil = dict(zip(*_example(SOIL), strict=True))
    assert codes(soil, SOIL) == []
    assert codes(soil | {"depth": "not collected"}, SOIL) == []
    assert codes(soil | {"depth": "-3"}, SOIL) == ["out_of_range"]
    assert codes(soil | {"geographic_location_latitude": "91"}, SOIL) == ["out_of_range"]
    assert codes(soil | {"geographic_location_longitude": "-180"}, SOIL) == []
    assert codes(soil | {"amount_or_size_of_sample_collected": "not collected"}, SOIL) == ["not_a_number"]


def test_patterns_hold_for_the_whole_value():
    derived = {"sample_derived_from": "SAMEA112654119"}
    assert codes(CAMEL | derived, get_checklist("ERC000060"))[:1] != ["pattern_mismatch"]
    bad = {"sample_derived_from": "SAMEA112654119 and others\n"}
    assert "pattern_mismatch" in codes(CAMEL | bad, get_checklist("ERC000060"))
    assert "pattern_mismatch" in codes(CAMEL | {"sample_derived_from": "9" * 9_999}, get_checklist("ERC000060"))


def test_control_characters_and_endless_values_are_refused():
    assert codes(CAMEL | {"strain": "a\x00b"}) == ["control_character"]
    assert codes(CAMEL | {"strain": "x" * 10_001}) == ["too_long"]
    assert codes(CAMEL | {"organism": "x" * 256}) == ["too_long"]
    assert codes(CAMEL | {"a\nb": "x"}) == ["bad_field_name"]
    assert codes(CAMEL | {f"field {number}": "x" for number in range(501)}) == ["too_many_fields"]


@pytest.mark.parametrize("checklist", all_checklists(), ids=lambda checklist: checklist.id)
def test_every_schema_is_valid_and_takes_what_the_rules_take(checklist):
    schema = checklist_schema(checklist)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["required"]) == set(checklist.required_fields)
    names, values = _example(checklist)
    sample = {name: value for name, value in zip(names, values, strict=True) if name in checklist.by_name}
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(sample | {"tax_id": int(sample["tax_id"])})
    assert check_sample(checklist, sample) == []
    assert not validator.is_valid(sample | {"tax_id": -1})


def test_a_schema_refuses_what_the_rules_refuse():
    validator = jsonschema.Draft202012Validator(checklist_schema(DEFAULT))
    assert validator.is_valid(CAMEL)
    for wrong in ({"collection_date": "yesterday"}, {"geographic_location": "Atlantis"}, {"sex": "blue"}):
        assert check_sample(DEFAULT, CAMEL | wrong)
        assert not validator.is_valid(CAMEL | wrong)


def test_recommended_fields_are_not_required():
    chip = get_checklist("snpchip_livestock")
    assert chip.by_name["call_rate"].requirement is Requirement.RECOMMENDED
    cow = {"organism": "Bos taurus", "tax_id": 9913, "breed": "Holstein"}
    assert codes(cow, chip) == []
    assert codes(cow | {"call_rate": "96.82"}, chip) == ["out_of_range"]


def test_names_fold_case_spaces_and_signs():
    assert normalise_name(" Geographic location (country and/or sea)") == "geographic_location_country_and_or_sea"


def _example(checklist):
    """Names and values of a sample that the checklist accepts, the file and library columns left out."""
    fields = [field for field in template_fields(checklist) if field.name in checklist.by_name]
    return [field.name for field in fields], example_rows(fields, checklist.id)[0]
