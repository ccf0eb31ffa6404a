"""Takes one file in as one run: the experiment is named first, the run is made once the bytes are there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from sqlalchemy import insert, select

from accession import vocab
from accession.base import GONE, new_id
from accession.catalog.drafts import RunDraft, digest_of
from accession.catalog.models import Experiment, Run, RunVersion
from accession.errors import Conflict, Malformed, NotFound
from accession.files.models import File, FileState, Submission
from accession.files.project_reports import mark_report_due
from accession.files.rules import promise_issues, same_md5
from accession.files.runs import SOON, facts_of
from accession.files.sharing import end_grants_of_others
from accession.ids import Kind
from accession.issues import Issue
from accession.people.access import Verb, personal_to, require
from accession.people.models import Scope
from accession.records import add_record, find_parent, hold_scope, parent_of, refuse
from accession.vocab import Vocabulary

if TYPE_CHECKING:
    from accession.unit import Unit

_OPEN = (FileState.VERIFYING, FileState.VERIFIED)


class Progress(msgspec.Struct, frozen=True):
    """How far a one-run upload has come; `run_serial` is None until its run is made."""

    file_id: UUID
    state: str
    reason: str | None
    run_serial: int | None


class Aim(msgspec.Struct, frozen=True):
    """What an upload is to become: a run of this experiment, with this type."""

    experiment_id: UUID
    file_type: str


async def aim_at(unit: Unit, experiment_accession: str, file_type: str) -> Aim:
    """Check that the caller may add a run to the experiment and that the type is one of the archive's."""
    experiment = await find_parent(unit, Experiment, Kind.EXPERIMENT, experiment_accession, "experiment_accession")
    known = vocab.canonical(Vocabulary.FILE_TYPE, file_type)
    if known is None:
        offered = ", ".join(vocab.terms(Vocabulary.FILE_TYPE))
        message = f"{file_type!r} is no file type; expected one of {offered}."
        refuse([Issue("not_in_vocabulary", message, field="file_type")])
    return Aim(experiment.id, known or file_type)


def note_submission(unit: Unit, file_id: UUID, aim: Aim) -> None:
    """Keep what the upload is to become, in the transaction that begins it."""
    unit.session.add(
        Submission(
            owner_id=unit.require_account(), file_id=file_id, experiment_id=aim.experiment_id, file_type=aim.file_type
        )
    )


async def progress_of(unit: Unit, upload_id: str) -> Progress:
    """How far one of the caller's uploads has come."""
    unit.require_account()
    statement = (
        select(File.id, File.state, File.reason, Run.serial)
        .join(Submission, Submission.file_id == File.id)
        .outerjoin(Run, Run.id == Submission.run_id)
        .where(File.id == _upload_of(upload_id), personal_to(File, unit))
    )
    row = (await unit.session.execute(statement)).first()
    if row is None:
        raise NotFound(f"There is no upload {upload_id[:80]!r} of yours.")
    return Progress(row.id, row.state, row.reason, row.serial)


async def check_promise(unit: Unit, file_id: UUID, md5: str) -> None:
    """Raise `Malformed` where the MD5 is not the one that the upload was begun with."""
    refuse(promise_issues("-", None, md5))
    promised = (await unit.session.execute(select(File.promised_md5).where(File.id == file_id))).scalar_one_or_none()
    if not same_md5(md5, promised):
        raise Malformed("Checksum mismatch", code="checksum_mismatch")


async def make_run(unit: Unit, file_id: UUID) -> int:
    """Make the run of an upload whose bytes are there; repeated it answers the same run's serial.

    The run exists from here on whatever the verdict will be; one whose file is rejected has no download.
    """
    submission, file, scope, experiment = await _load(unit, file_id)
    if submission.run_id is not None:
        return int((await unit.session.execute(select(Run.serial).where(Run.id == submission.run_id))).scalar_one())
    if file.state == FileState.REJECTED:
        if (file.reason or "").startswith("checksum_mismatch"):
            raise Malformed("Checksum mismatch", code="checksum_mismatch")
        raise Conflict(f"{file.filename} was rejected: {file.reason}", code="file_rejected")
    if file.state not in _OPEN:
        raise Conflict(f"{file.filename} is {file.state} and cannot become a run; upload it again.")
    await require(unit, Verb.CONTRIBUTE, scope, experiment)
    if {experiment.state, scope.state} & {*GONE}:
        raise Conflict("The experiment of this upload was removed; register it again.", code="experiment_removed")
    run_id = new_id()
    facts = {**facts_of(file), "file_type": file.format or submission.file_type}
    digest = digest_of("upload", str(file.id))
    links = {"id": run_id, "experiment_id": submission.experiment_id, **facts}
    links |= parent_of(unit, Kind.EXPERIMENT, experiment, scope).beneath()
    serial = await add_record(unit, Kind.RUN, Run, RunDraft(), scope=scope, digest=digest, **links)
    await unit.session.execute(
        insert(RunVersion), [{"id": new_id(), "run_id": run_id, "version": 1, "file_id": file.id}]
    )
    submission.run_id, file.scope_id = run_id, scope.id
    await end_grants_of_others(unit, [file.id], scope.id)
    if file.state == FileState.VERIFIED:
        file.state = FileState.LINKED
    await unit.session.flush()
    await mark_report_due(unit, scope.id, SOON)
    return serial


async def _load(unit: Unit, file_id: UUID) -> tuple[Submission, File, Scope, Experiment]:
    """The upload, its file, its experiment and the scope of that, locked until the commit."""
    experiments = select(Experiment.scope_id).join(Submission, Submission.experiment_id == Experiment.id)
    await hold_scope(unit, experiments.where(Submission.file_id == file_id).scalar_subquery())
    statement = (
        select(Submission, File, Scope, Experiment)
        .join(File, File.id == Submission.file_id)
        .join(Experiment, Experiment.id == Submission.experiment_id)
        .join(Scope, Scope.id == Experiment.scope_id)
        .where(Submission.file_id == file_id, personal_to(File, unit))
        .with_for_update(of=(Submission, File, Experiment))
    )
    row = (await unit.session.execute(statement)).first()
    if row is None:
        raise NotFound("There is no such upload of yours.")
    return row[0], row[1], row[2], row[3]


def _upload_of(text: str) -> UUID:
    """Read an upload's id; what is none is as absent as one that nobody has."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"There is no upload {text[:80]!r} of yours.") from None
