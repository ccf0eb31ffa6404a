"""`seqark users …`: what the commands print and refuse, on both databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Seqark


@pytest.fixture
def archive(seqark: Seqark, database_url: str) -> Seqark:
    """The command line on a migrated database, with the administrator root and the account alice."""

    def run(*arguments: object, **settings: object):
        return seqark(*arguments, database_url=database_url, **settings)

    for name, more in (("root", ("--admin",)), ("alice", ())):
        email = f"{name}@example.org"
        assert run("users", "add", name, "--email", email, "--password", "a-long-password", *more).code == 0
    return run


def told(outcome):
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_accounts_are_listed_as_lines_and_as_json(archive: Seqark) -> None:
    assert archive("users", "list").out.splitlines() == [
        "alice\talice@example.org\tsubmitter\tactive\talice",
        "root\troot@example.org\tadmin\tactive\troot",
    ]
    rows = told(archive("users", "list", "--role", "admin", "--json"))
    assert [(row["name"], row["active"], row["paused_until"]) for row in rows] == [("root", True, None)]
    assert archive("users", "list", "--begins", "al").out.startswith("alice\t")
    assert archive("users", "list", "--inactive").out == ""
    assert told(archive("users", "list", "--inactive", "--json")) == []


def test_roles_and_access_are_given_and_taken_and_the_last_administrator_stays(archive: Seqark) -> None:
    assert archive("users", "set-role", "alice", "viewer").out == "alice is viewer.\n"
    assert archive("users", "deactivate", "alice@example.org").out == "alice is shut out.\n"
    assert told(archive("users", "list", "--inactive", "--json"))[0]["name"] == "alice"
    assert told(archive("users", "activate", "alice", "--json"))["active"] is True
    assert "last active administrator" in archive("users", "deactivate", "root").sentence()
    assert "last active administrator" in archive("users", "set-role", "root", "viewer").sentence()
    assert archive("users", "set-role", "root", "owner").code == 2
    for command in ("activate", "deactivate", "unlock"):
        assert "nobody" in archive("users", command, "nobody").sentence()


def test_a_password_is_set_and_a_pause_ended(archive: Seqark) -> None:
    assert archive("users", "set-password", "alice", "--password", "another-password").out == (
        "The password of alice is set.\n"
    )
    assert "8 to 1024" in archive("users", "set-password", "alice", "--password", "short").sentence()
    assert archive("users", "unlock", "alice").out == "alice may log in again.\n"
    assert told(archive("users", "unlock", "alice", "--json"))["paused_until"] is None


def test_an_invitation_is_printed_alone_and_mailed_where_mail_is_configured(archive: Seqark) -> None:
    token = archive("users", "invite", "bo@example.org").out
    assert token.startswith("sqi_")
    assert len(token.split()) == 1
    made = told(archive("users", "invite", "bo@example.org", "--role", "viewer", "--json"))
    assert (made["email"], made["role"], made["mailed"]) == ("bo@example.org", "viewer", False)
    mailed = told(archive("users", "invite", "cy@example.org", "--json", smtp_url="smtp://127.0.0.1:1"))
    assert mailed["mailed"] is True
    assert "e-mail" in archive("users", "invite", "nonsense").sentence()
    assert "administrators" in archive("users", "invite", "cy@example.org", "--by", "alice").sentence()


def test_an_archive_without_an_administrator_invites_nobody(seqark: Seqark) -> None:
    assert "--admin" in seqark("users", "invite", "bo@example.org").sentence()
