"""The rules about people: what an e-mail address, a name, a password and a title may be."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from enum import StrEnum

import msgspec

from accession.issues import Issue

NAME_LIMIT = 64
EMAIL_LIMIT = 254
FULL_NAME_LIMIT = 200
AFFILIATION_LIMIT = 200
TOKEN_NAME_LIMIT = 100
PASSWORD_LEAST = 8
PASSWORD_LIMIT = 1024
PERSONAL_SLUG = "personal-"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ORCID = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}


class AccountRole(StrEnum):
    """What an account may do in the whole archive."""

    ADMIN = "admin"
    SUBMITTER = "submitter"
    VIEWER = "viewer"


class MemberRole(StrEnum):
    """What an account may do in one organisation."""

    OWNER = "owner"
    ADMIN = "admin"
    CONTRIBUTOR = "contributor"
    VIEWER = "viewer"


class Lockout(msgspec.Struct, frozen=True):
    """After how many wrong passwords in a row an account pauses, and for how long."""

    attempts: int = 10
    pause: timedelta = timedelta(minutes=15)


def storable(text: str) -> bool:
    """Whether a database can hold the text: no NUL and no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def folded(text: str) -> str:
    """A name or e-mail address as it is stored and looked up: without blanks around it, ASCII letters lower-cased."""
    stripped = text.strip()
    return stripped.lower() if stripped.isascii() else stripped


def email_issues(email: str) -> list[Issue]:
    """What is wrong with a folded e-mail address."""
    local, at, domain = email.rpartition("@")
    labels = domain.split(".")
    fine = (
        at
        and len(email) <= EMAIL_LIMIT
        and len(local) <= 64
        and _LOCAL.fullmatch(local)
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
    )
    if fine:
        return []
    message = f"The e-mail address must have the form name@example.org, with at most {EMAIL_LIMIT} ASCII characters."
    return [Issue("malformed_email", message, field="email")]


def password_issues(password: str, email: str, field: str = "password") -> list[Issue]:
    """What is wrong with a password for the account of `email`."""
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_LIMIT:
        message = f"The password must have {PASSWORD_LEAST} to {PASSWORD_LIMIT} characters; it has {len(password)}."
        return [Issue("password_length", message, field=field)]
    if not storable(password):
        return [Issue("password_characters", "The password must not contain NUL or lone surrogates.", field=field)]
    if folded(password) == folded(email):
        return [Issue("password_is_email", "The password must not be the e-mail address.", field=field)]
    return []


def title_issues(title: str, field: str, limit: int = FULL_NAME_LIMIT) -> list[Issue]:
    """What is wrong with a line that people read, such as somebody's full name: empty, too long, or unprintable."""
    if not 1 <= len(title.strip()) <= limit:
        return [Issue("text_length", f"'{field}' must have 1 to {limit} characters.", field=field)]
    if any(unicodedata.category(character) in _UNPRINTABLE for character in title):
        return [Issue("text_characters", f"'{field}' must be one line without control characters.", field=field)]
    return []


def orcid_issues(orcid: str) -> list[Issue]:
    """What is wrong with an ORCID iD such as 0000-0002-1825-0097; its last character is a checksum (ISO 7064, 11-2)."""
    if not _ORCID.fullmatch(orcid):
        message = "The ORCID iD must have the form 0000-0002-1825-0097, the last character a digit or X."
        return [Issue("malformed_orcid", message, field="orcid")]
    total = 0
    for digit in orcid.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if orcid[-1] != ("X" if check == 10 else str(check)):
        return [Issue("orcid_checksum", f"{orcid} is no ORCID iD: its last character does not fit.", field="orcid")]
    return []


def name_issues(name: str) -> list[Issue]:
    """What is wrong with a folded account name."""
    if _NAME.fullmatch(name):
        return []
    message = (
        f"The name must have 1 to {NAME_LIMIT} letters, digits, dots, hyphens or underscores, "
        "and begin and end with a letter or digit."
    )
    return [Issue("malformed_name", message, field="name")]


def slug_issues(slug: str) -> list[Issue]:
    """What is wrong with the slug of a group, or of an organisation that is not somebody's personal one."""
    if not _SLUG.fullmatch(slug):
        message = "A name in addresses has 1 to 64 lower-case letters, digits or hyphens, and no hyphen at an end."
        return [Issue("malformed_slug", message, field="slug")]
    if slug.startswith(PERSONAL_SLUG):
        return [Issue("reserved_slug", f"Names beginning with {PERSONAL_SLUG!r} are kept for people.", field="slug")]
    return []


def name_of_email(email: str, suffix: str = "") -> str:
    """An account name made of the part before the @, with `-suffix` where one is given: `ana.b+x@…` → `ana.b-x`."""
    local = _NOT_IN_NAMES.sub("-", folded(email).partition("@")[0])
    ending = f"-{suffix}" if suffix else ""
    stem = local.strip("._-")[: NAME_LIMIT - len(ending)].strip("._-") or "user"
    return stem + ending
