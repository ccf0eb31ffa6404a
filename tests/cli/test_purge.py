"""`seqark purge`: asks first, erases for good, prints what was erased, and says what it cannot erase."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Seqark

ALICE = ("users", "add", "alice", "--email", "alice@example.org", "--password", "a-long-password")
TITLES = ("Xylophagous quibblewort", "Another xylem", "Quince")
COURT = ("--reason", "By order of a court.")


@pytest.fixture
def project(seqark: Seqark) -> str:
    """The accession of a public project."""
    assert seqark(*ALICE).code == 0
    return seqark("projects", "add", "Reefs", "--owner", "alice").out.strip()


def test_a_record_is_purged_once_somebody_said_yes(seqark: Seqark, project: str, tmp_path: Path) -> None:
    assert seqark("purge", project, *COURT).code == 1
    purged = seqark("purge", project, *COURT, "--yes")
    assert (purged.code, purged.out) == (0, f"{project}\n"), purged.err
    (found,) = tmp_path.rglob("seqark.sqlite")
    with sqlite3.connect(found) as database:
        serial = int(project[-6:])
        row = database.execute("SELECT title, state, moved_reason FROM projects WHERE serial = ?", [serial]).fetchone()
    assert row == ("", "withdrawn", "By order of a court.")


def test_nothing_of_what_was_purged_is_left_in_the_database_s_file(seqark: Seqark, tmp_path: Path) -> None:
    assert seqark(*ALICE).code == 0
    made = {title: seqark("projects", "add", title, "--owner", "alice").out.strip() for title in TITLES}
    (found,) = tmp_path.rglob("seqark.sqlite")
    with closing(sqlite3.connect(found)) as running:  # as a service has it open, so that the log stays
        assert running.execute("SELECT count(*) FROM projects").fetchone()
        assert b"quibblewort" in found.read_bytes().lower()
        assert seqark("purge", made[TITLES[0]], *COURT, "--yes").code == 0
        left = b"".join(path.read_bytes().lower() for path in found.parent.glob("seqark.sqlite*"))
    assert [word for word in (b"quibblewort", b"ylophagous", b"quince") if word in left] == [b"quince"]


@pytest.mark.parametrize(
    ("named", "told"),
    [("nonsense", "accession"), ("NFDP-SAM-000009", "no NFDP-SAM-000009"), ("NFDP-PRJ-000001", "personal project")],
)
def test_what_cannot_be_purged_is_refused_in_one_sentence(seqark: Seqark, project: str, named: str, told: str) -> None:
    assert told in seqark("purge", named, *COURT, "--yes").sentence()
