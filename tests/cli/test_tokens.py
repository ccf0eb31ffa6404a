"""`seqark tokens` and `seqark keys`: made, listed without secrets, revoked and rotated at the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from accession.errors import Unauthenticated
from accession.people import tokens
from app.secrets import load_keys
from app.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Seqark


@pytest.fixture
def archive(seqark: Seqark, database_url: str) -> Seqark:
    """The command line on a migrated database, with the account alice."""

    def run(*arguments: object, **settings: object):
        return seqark(*arguments, database_url=database_url, **settings)

    added = run("users", "add", "alice", "--email", "alice@example.org", "--password", "a-long-password")
    assert added.code == 0, added.err
    return run


def test_tokens_are_listed_without_their_texts_and_revoked_by_their_ids(archive: Seqark) -> None:
    plain = archive("tokens", "add", "alice")
    scoped = archive("tokens", "add", "alice", "--name", "robot", "--scope", "write", "--scope", "read", "--days", "9")
    assert (plain.code, scoped.code) == (0, 0), plain.err + scoped.err
    listed = archive("tokens", "list", "alice").out
    assert plain.out.strip() not in listed
    assert scoped.out.strip() not in listed
    newest, oldest = (line.split("\t") for line in listed.splitlines())
    assert newest[1:3] == ["robot", "read,write"]
    assert oldest[1:] == ["command line", "everything", "ends never", "used never"]
    assert newest[3] != "ends never"
    printed = json.loads(archive("tokens", "list", "alice", "--json").out)
    assert [(row["id"], row["scopes"]) for row in printed] == [(newest[0], ["read", "write"]), (oldest[0], None)]
    assert archive("tokens", "revoke", "alice", newest[0]).code == 0
    assert [line.split("\t")[0] for line in archive("tokens", "list", "alice").out.splitlines()] == [oldest[0]]
    assert "no such token" in archive("tokens", "revoke", "alice", newest[0]).sentence()


def test_what_cannot_be_is_refused_in_one_sentence(archive: Seqark) -> None:
    assert "nobody" in archive("tokens", "list", "nobody").sentence()
    assert "nobody" in archive("tokens", "revoke", "nobody", uuid4()).sentence()
    assert "expires_in_days" in archive("tokens", "add", "alice", "--days", "0").sentence()
    assert archive("tokens", "add", "alice", "--scope", "root").code == 2
    assert archive("tokens", "revoke", "alice", "seven").code == 2


def test_keys_are_named_and_rotated_and_no_secret_is_printed(seqark: Seqark, tmp_path: Path) -> None:
    first = seqark("keys", "list").out.splitlines()
    token = tokens.access_token(load_keys(Settings(data_dir=tmp_path)), uuid4(), now=datetime.now(UTC), minutes=30)
    assert [line.split("\t")[1] for line in first] == ["signs"]
    rotated = seqark("keys", "rotate")
    assert "Restart" in rotated.err
    assert seqark("keys", "list").out == rotated.out
    new, old = (line.split("\t") for line in rotated.out.splitlines())
    assert (new[1], old) == ("signs", [first[0].split("\t")[0], "verifies"])
    for secret in (tmp_path / "secret_key").read_text().split():
        assert secret not in rotated.out + rotated.err
    restarted = load_keys(Settings(data_dir=tmp_path))
    assert tokens.spoken_by(restarted, token, now=datetime.now(UTC))
    seqark("keys", "rotate")
    with pytest.raises(Unauthenticated):
        tokens.spoken_by(load_keys(Settings(data_dir=tmp_path)), token, now=datetime.now(UTC))


def test_keys_of_a_setting_are_rotated_there(seqark: Seqark) -> None:
    assert "SEQARK_SECRET_KEY" in seqark("keys", "rotate", secret_key="k" * 40).sentence()
    assert len(seqark("keys", "list", secret_key=f"{'n' * 40},{'o' * 40}").out.splitlines()) == 2
