"""What the command line refuses before it works: settings, databases, folders, ways of calling it."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Seqark


@pytest.fixture
def empty_postgres(postgres_url: str) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    from tests.conftest import _execute

    name = f"t{uuid4().hex}"
    asyncio.run(_execute(f"{postgres_url}/postgres", f"CREATE DATABASE {name}"))
    yield f"{postgres_url}/{name}"
    asyncio.run(_execute(f"{postgres_url}/postgres", f"DROP DATABASE {name} WITH (FORCE)"))


def test_migrate_makes_a_database_and_leaves_a_current_one(seqark: Seqark) -> None:
    assert seqark("migrate").out == "The database was made.\n"
    assert seqark("migrate").out == "The database is current.\n"


def test_a_database_of_ones_own_is_migrated_only_when_asked(seqark: Seqark, empty_postgres: str) -> None:
    token = ("tokens", "add", "alice")
    assert "seqark migrate" in seqark(*token, database_url=empty_postgres).sentence()
    assert seqark("migrate", database_url=empty_postgres).out == "The database was made.\n"
    assert "alice" in seqark(*token, database_url=empty_postgres).sentence()


def test_a_foreign_database_is_refused(seqark: Seqark, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "seqark.sqlite") as connection:
        connection.execute("CREATE TABLE guests (name TEXT)")
    assert "not SeqArk's" in seqark("migrate").sentence()


def test_a_newer_database_is_refused(seqark: Seqark, tmp_path: Path) -> None:
    assert seqark("migrate").code == 0
    with sqlite3.connect(tmp_path / "seqark.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer" in seqark("migrate").sentence()


def test_another_accession_prefix_is_refused_once_there_are_accessions(seqark: Seqark) -> None:
    assert seqark("migrate", accession_prefix="REEF").code == 0
    assert "SEQARK_ACCESSION_PREFIX=REEF" in seqark("migrate", accession_prefix="NFDP").sentence()


def test_a_file_that_is_no_database_is_refused(seqark: Seqark, tmp_path: Path) -> None:
    (tmp_path / "seqark.sqlite").write_bytes(b"no database at all, but quite some bytes of text" * 40)
    assert "database" in seqark("migrate").sentence()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody:x@127.0.0.1:1/none",
        "sqlite:////no/such/folder/seqark.sqlite",
        "nonsense",
        "oracle://host/name",
    ],
)
def test_a_database_that_is_not_there_is_told_in_one_sentence(seqark: Seqark, url: str) -> None:
    assert "SEQARK_DATABASE_URL" in seqark("migrate", database_url=url).sentence()


def test_a_data_folder_that_cannot_be_one_is_told_in_one_sentence(seqark: Seqark, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    assert "taken" in seqark("migrate", data_dir=tmp_path / "taken").sentence()
    assert "taken" in seqark("migrate", data_dir=tmp_path / "taken" / "below").sentence()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"no_such_thing": "1"}, "SEQARK_NO_SUCH_THING"),
        ({"port": "many"}, "SEQARK_PORT"),
        ({"secret_key": "short"}, "SEQARK_SECRET_KEY"),
        ({"cors_origins": "*", "cors_credentials": "true"}, "SEQARK_CORS_ORIGINS"),
        ({"s3_endpoint": "https://s3.example.org"}, "SEQARK_S3_ACCESS_KEY"),
        ({"s3_endpoint": "somewhere"}, "SEQARK_S3_ENDPOINT"),
        ({"accession_prefix": "x"}, "SEQARK_ACCESSION_PREFIX"),
        ({"registration": "perhaps"}, "SEQARK_REGISTRATION"),
        ({"api_processes": "2"}, "SEQARK_API_PROCESSES"),
        ({"log_level": "shout"}, "SEQARK_LOG_LEVEL"),
        ({"worker_concurrency": "0"}, "SEQARK_WORKER_CONCURRENCY"),
        ({"worker_stale_after": "-1"}, "SEQARK_WORKER_STALE_AFTER"),
        ({"timezone": "Mars/Olympus"}, "SEQARK_TIMEZONE"),
        ({"smtp_url": "http://mail.example.org"}, "SEQARK_SMTP_URL"),
        ({"smtp_url": "smtp://user@mail.example.org"}, "SEQARK_SMTP_URL"),
        ({"mail_from": "nobody"}, "SEQARK_MAIL_FROM"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_settings_that_must_not_be_served_are_refused_by_name(seqark: Seqark, settings: dict, named: str) -> None:
    assert named in seqark("migrate", **settings).sentence()
    assert named in seqark("serve", "--port", "0", **settings).sentence()


@pytest.mark.parametrize(
    "arguments", [("valdate",), ("serve", "--nonsense"), ("users", "add"), ("serve", "--port", "x")]
)
def test_a_wrong_call_exits_with_two_and_says_how(seqark: Seqark, arguments: tuple[str, ...]) -> None:
    called = seqark(*arguments)
    assert called.code == 2
    assert "--help" in called.err or "-h" in called.err
