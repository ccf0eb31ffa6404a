"""What e-mail addresses, names and passwords may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accession.people import rules


@pytest.mark.parametrize(
    "email", ["a@b.org", "ana.b+lab@seq.example.org", "o'neil@x-y.example", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.org"]
)
def test_an_ordinary_email_address_is_accepted(email):
    assert rules.email_issues(email) == []


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "ana@example",
        "ana@@example.org",
        "a b@example.org",
        ".ana@example.org",
        "an..a@example.org",
        "ana@-example.org",
        "ana@example..org",
        "ana@example.org\n",
        "ana\0@example.org",
        "ana@ex\ud800mple.org",
        "änna@example.org",
        f"{'a' * 65}@example.org",
        f"ana@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.org",
        "Ana <ana@example.org>",
    ],
)
def test_what_is_no_email_address_is_named_as_such(email):
    assert [(issue.field, issue.code) for issue in rules.email_issues(email)] == [("email", "malformed_email")]


def test_folding_lowers_ascii_only_so_no_other_letter_becomes_one():
    assert rules.folded("  Ana@Example.ORG ") == "ana@example.org"
    kelvin = "\u212aim@example.org"
    assert rules.email_issues(rules.folded(kelvin))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("1234567", "password_length"),
        ("", "password_length"),
        ("x" * 1025, "password_length"),
        ("with\0nul-inside", "password_characters"),
        ("with\ud800surrogate", "password_characters"),
        ("ANA@example.org", "password_is_email"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(password, code):
    assert [issue.code for issue in rules.password_issues(password, "ana@example.org")] == [code]


@pytest.mark.parametrize("password", ["12345678", "x" * 1024, "密码有八个字符以上", "🧬" * 8])
def test_a_password_of_any_script_is_accepted_between_the_bounds(password):
    assert rules.password_issues(password, "ana@example.org") == []


@pytest.mark.parametrize("name", ["a", "ana", "ana.b-c_d", "9lives", "a" * 64])
def test_a_plain_account_name_is_accepted(name):
    assert rules.name_issues(name) == []


@pytest.mark.parametrize("name", ["", "-a", "a.", "a b", "ana@example.org", "a/b", "Ana", "a" * 65, "a\0", "ana\n"])
def test_any_other_account_name_is_refused(name):
    assert rules.name_issues(name)


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "two\nlines", "nul\0", "\ud800", "line\u2028separator"])
def test_a_full_name_is_one_printable_line(title):
    assert [issue.field for issue in rules.title_issues(title, "full_name")] == ["full_name"]
    assert rules.title_issues("José Ñandú", "full_name") == []


def test_personal_slugs_are_kept_for_people():
    assert rules.slug_issues("lab-1") == []
    assert [issue.code for issue in rules.slug_issues("personal-ana")] == ["reserved_slug"]


@given(st.emails() | st.text())
def test_a_name_made_of_any_text_is_a_valid_name(text):
    assert rules.name_issues(rules.name_of_email(text)) == []
    assert rules.name_issues(rules.name_of_email(text, "0a1b2c")) == []


@pytest.mark.parametrize("orcid", ["0000-0002-1825-0097", "0000-0002-1694-233X", "0000-0001-5109-3700"])
def test_an_orcid_id_whose_last_character_fits_is_good(orcid):
    assert rules.orcid_issues(orcid) == []


@pytest.mark.parametrize("digit", "0123456789X")
def test_of_all_last_characters_one_fits(digit):
    codes = [issue.code for issue in rules.orcid_issues(f"0000-0002-1825-009{digit}")]
    assert codes == ([] if digit == "7" else ["orcid_checksum"])


@pytest.mark.parametrize(
    "orcid", ["", "0000000218250097", "0000-0002-1825-009x", "0000-0002-1825-00977", "0000-0002-1825-009\u0667", "\0"]
)
def test_what_has_another_form_is_no_orcid_id(orcid):
    assert [issue.code for issue in rules.orcid_issues(orcid)] == ["malformed_orcid"]
