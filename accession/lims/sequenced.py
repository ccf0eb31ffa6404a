"""Makes runs of the files that a sequencing is said to have made, as far as they are staged and found good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from accession.base import GONE
from accession.catalog.drafts import RunDraft
from accession.catalog.models import Experiment, Run
from accession.errors import Rejected
from accession.files.models import File, FileState
from accession.files.runs import register_run
from accession.ids import Kind
from accession.issues import Issue
from accession.lims.messages import ExpectedFile, FileOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from accession.unit import Unit

_FIRST = {FileState.VERIFIED: 0, FileState.LINKED: 1}


async def link_expected(unit: Unit, experiment: str, expected: Sequence[ExpectedFile]) -> list[FileOutcome]:
    """What becomes of each expected file: a run of the experiment, or what it is waiting for.

    Files are the account's own, of that MD5, and of that name where several have it. Raises `Rejected` where a file of
    the name has another MD5, or belongs to another experiment.
    """
    rows = await _candidates(unit, expected)
    found = [_pick(rows, wanted) for wanted in expected]
    issues = [
        issue for wanted, row in zip(expected, found, strict=True) if (issue := _fault(wanted, row, experiment, unit))
    ]
    if issues:
        raise Rejected(issues)
    runs: list[str | None] = [
        unit.accession(Kind.RUN, row.run) if row is not None and row.run else None for row in found
    ]
    for place, (wanted, row) in enumerate(zip(expected, found, strict=True)):
        if row is None or row.state != FileState.VERIFIED:
            continue
        other = _mate_of(expected, place)
        mate = runs[other] if other is not None else None
        draft = RunDraft(read_number=wanted.read_number)
        serial, _ = await register_run(unit, experiment, draft, str(row.id), mate)
        runs[place] = unit.accession(Kind.RUN, serial)
    return [_outcome(*each) for each in zip(expected, found, runs, strict=True)]


async def _candidates(unit: Unit, expected: Sequence[ExpectedFile]) -> Sequence[Row[Any]]:
    """The account's files of any of the names or digests, with the run that each is the current file of."""
    names = {wanted.filename for wanted in expected}
    digests = {wanted.md5 for wanted in expected}
    columns = (File.id, File.filename, File.md5, File.state, File.reason)
    rows = (
        select(*columns, Run.serial.label("run"), Experiment.serial.label("experiment"))
        .outerjoin(Run, (Run.file_id == File.id) & Run.state.not_in(GONE))
        .outerjoin(Experiment, Experiment.id == Run.experiment_id)
        .where(
            File.owner_id == unit.require_account(),
            File.state != FileState.EXPIRED,
            or_(File.filename.in_(names), File.md5.in_(digests)),
        )
        .order_by(File.serial.desc())
        .limit(1000)
    )
    return (await unit.session.execute(rows)).all()


def _pick(rows: Sequence[Row[Any]], wanted: ExpectedFile) -> Row[Any] | None:
    """The file that is meant: of that MD5, rather of that name too; else one of the name alone."""
    same = [row for row in rows if row.md5 == wanted.md5 and row.state != FileState.REJECTED]
    named = [row for row in same if row.filename == wanted.filename]
    others = [row for row in rows if row.filename == wanted.filename and row.state != FileState.LINKED]
    candidates = sorted(named or same or others, key=lambda row: _FIRST.get(row.state, 2))
    return candidates[0] if candidates else None


def _fault(wanted: ExpectedFile, row: Row[Any] | None, experiment: str, unit: Unit) -> Issue | None:
    """Why a file that was found cannot be the one that is meant."""
    if row is None or row.state == FileState.REJECTED:
        return None
    if row.md5 is not None and row.md5 != wanted.md5:
        message = f"The staged {wanted.filename!r} has the MD5 {row.md5}, the message says {wanted.md5}."
        return Issue("md5_mismatch", message, field="sequencing.files")
    if row.state == FileState.LINKED:
        owner = unit.accession(Kind.EXPERIMENT, row.experiment) if row.experiment else "a run that is gone"
        if owner != experiment:
            message = f"{wanted.filename!r} belongs to {owner} already; upload it again for {experiment}."
            return Issue("file_already_linked", message, field="sequencing.files")
    return None


def _mate_of(expected: Sequence[ExpectedFile], place: int) -> int | None:
    """The place of the other half of a pair, which stands beside it in the list."""
    number = expected[place].read_number
    other = place + 1 if number == 1 else place - 1 if number == 2 else -1
    if not 0 <= other < len(expected):
        return None
    return other if {number, expected[other].read_number} == {1, 2} else None


def _outcome(wanted: ExpectedFile, row: Row[Any] | None, run: str | None) -> FileOutcome:
    if run is not None:
        return FileOutcome(wanted.filename, wanted.md5, "linked", run)
    if row is None:
        return FileOutcome(wanted.filename, wanted.md5, "absent")
    return FileOutcome(wanted.filename, wanted.md5, row.state, reason=row.reason)
