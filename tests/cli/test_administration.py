"""The administrative commands: what they print, what they refuse, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Seqark

ALICE = ("users", "add", "alice", "--email", "alice@example.org", "--password", "a-long-password")


@pytest.fixture
def archive(seqark: Seqark, database_url: str) -> Seqark:
    """The command line on a migrated database, with the account alice."""

    def run(*arguments: object, **settings: object):
        return seqark(*arguments, database_url=database_url, **settings)

    added = run(*ALICE)
    assert (added.code, added.out) == (0, "Added alice <alice@example.org>.\n"), added.err
    return run


def test_an_account_is_added_once(archive: Seqark) -> None:
    assert "exists" in archive(*ALICE).sentence()
    same_name = ("users", "add", "alice", "--email", "other@example.org", "--password", "a-long-password")
    assert "alice" in archive(*same_name).sentence()


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"--email": "nonsense"}, "e-mail"), ({"--password": "short"}, "assword"), ({"--email": "alice@example.org"}, "")],
)
def test_an_account_with_a_fault_is_refused_in_one_sentence(archive: Seqark, changed: dict, named: str) -> None:
    options = {"--email": "bob@example.org", "--password": "another-password"} | changed
    assert named in archive("users", "add", "bob", *[part for pair in options.items() for part in pair]).sentence()


def test_a_project_is_printed_by_its_accession_alone_and_once_for_an_alias(archive: Seqark) -> None:
    first = archive("projects", "add", "Reefs", "--owner", "alice", "--alias", "reefs", "--type", "Metagenomics")
    assert first.code == 0, first.err
    assert first.out.startswith("NFDP-PRJ-")
    again = archive(
        "projects", "add", "Reefs", "--owner", "alice@example.org", "--alias", "reefs", "--type", "Metagenomics"
    )
    assert again.out == first.out


def test_a_project_of_a_type_that_does_not_exist_is_refused(archive: Seqark) -> None:
    assert "type" in archive("projects", "add", "Reefs", "--owner", "alice", "--type", "Nonsense").sentence()


@pytest.mark.parametrize(
    "command",
    [
        ("projects", "add", "Reefs", "--owner", "nobody"),
        ("orgs", "add", "reef-lab", "--owner", "nobody"),
        ("tokens", "add", "nobody"),
    ],
    ids=["projects", "orgs", "tokens"],
)
def test_an_account_that_does_not_exist_is_named(archive: Seqark, command: tuple[str, ...]) -> None:
    assert "nobody" in archive(*command).sentence()


def test_an_organisation_is_added_once_and_takes_its_owners_projects(archive: Seqark) -> None:
    added = archive("orgs", "add", "reef-lab", "--title", "The reef lab", "--owner", "alice")
    assert added.out == "Added the organisation reef-lab.\n", added.err
    assert "reef-lab" in archive("orgs", "add", "reef-lab").sentence()
    project = archive("projects", "add", "Reefs", "--owner", "alice", "--org", "reef-lab")
    assert project.out.startswith("NFDP-PRJ-"), project.err
    archive("projects", "add", "Reefs", "--owner", "alice", "--org", "no-such-lab").sentence()


def test_an_organisation_that_cannot_have_its_owner_is_not_made(archive: Seqark) -> None:
    archive("orgs", "add", "reef-lab", "--owner", "nobody").sentence()
    assert archive("orgs", "add", "reef-lab", "--owner", "alice").code == 0


def test_a_token_is_printed_alone_and_each_is_another(archive: Seqark) -> None:
    tokens = {archive("tokens", "add", "alice", "--name", name).out for name in ("one", "two")}
    assert len(tokens) == 2
    assert all(len(token.split()) == 1 and len(token.strip()) > 30 for token in tokens)
