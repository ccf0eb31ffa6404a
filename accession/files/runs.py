"""Registers runs, one data file of an experiment each, and gives them new versions and mates."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import case, insert, select, update

from accession import vocab
from accession.audit import service as audit
from accession.base import new_id
from accession.catalog.drafts import RunDraft, digest_of
from accession.catalog.models import Experiment, Run, RunVersion
from accession.catalog.reading import find_record
from accession.catalog.rules import alias_issues
from accession.catalog.shapes import (
    EXPERIMENTS,
    EXTERNAL,
    OPENNESS,
    SCOPES,
    Shape,
    columns,
    filters,
    in_state,
    in_visibility,
    table_of,
    told_state,
)
from accession.errors import Conflict, NotFound
from accession.files.models import UNSETTLED, File, FileState
from accession.files.project_reports import mark_report_due
from accession.files.reads import refuse_strangers
from accession.files.run_filters import qc_conditions
from accession.files.sharing import end_grants_of_others
from accession.files.versions import keep_openness, version_named
from accession.ids import Kind, require_serial
from accession.issues import Issue
from accession.moves import State
from accession.people.access import Verb, personal_to
from accession.people.models import Scope
from accession.records import add_record, find_parent, load_for_change, refuse, submitted_before, touch
from accession.vocab import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msgspec

    from accession.unit import Unit

RUNS, FILES = table_of(Run), table_of(File)
_mates = RUNS.alias("mates")
_run = select(
    RUNS.c.id,
    *columns(Run, "experiment_id", "mate_id", "file_id", "updated_at"),
    EXPERIMENTS.c.serial.label("experiment_serial"),
    _mates.c.serial.label("mate_serial"),
    _mates.c.state.label("mate_state"),
    *OPENNESS,
    FILES.c.state.label("file_state"),
    FILES.c.qc_status,
).select_from(
    RUNS.join(EXPERIMENTS, EXPERIMENTS.c.id == RUNS.c.experiment_id)
    .join(SCOPES, SCOPES.c.id == RUNS.c.scope_id)
    .outerjoin(FILES, FILES.c.id == RUNS.c.file_id)
    .outerjoin(_mates, _mates.c.id == RUNS.c.mate_id)
)
RUN = Shape(
    Kind.RUN,
    Run,
    _run,
    filters(Run, *EXTERNAL, "file_type", "filename", "file_size", "checksum_md5", "checksum_sha256", "read_number")
    | filters(Run, "version")
    | {"experiment_accession": EXPERIMENTS.c.serial, "mate_accession": _mates.c.serial},
    {"experiment_accession": Kind.EXPERIMENT, "mate_accession": Kind.RUN},
    "run",
    qc_conditions()
    | in_state(case((FILES.c.state.in_(UNSETTLED), FILES.c.state), else_=told_state(RUNS)))
    | in_visibility(RUNS),
)

SOON = timedelta(seconds=2)


async def get_run(unit: Unit, accession: str) -> Any:
    """One run; where the accession names an earlier version, with that version's number and file."""
    wanted = require_serial(accession, unit.prefix, Kind.RUN)
    row = await find_record(unit, RUN, wanted)
    if wanted.version is None or wanted.version == row.version:
        return row
    found = (
        select(File, RunVersion.created_at)
        .join(RunVersion, RunVersion.file_id == File.id)
        .join(Run, Run.id == RunVersion.run_id)
        .join(Scope, Scope.id == Run.scope_id)
        .where(Run.id == row.id, version_named(unit, wanted.version))
    )
    earlier = (await unit.session.execute(found)).first()
    if earlier is None:
        raise NotFound(f"There is no version {wanted.version} of {accession.partition('.')[0]}.")
    file: File = earlier[0]
    told = {"version": wanted.version, "file_state": file.state, "qc_status": file.qc_status, **facts_of(file)}
    return SimpleNamespace(**{**row._mapping, **told, "created_at": earlier[1]})  # noqa: SLF001  # Row's public view


async def register_run(
    unit: Unit,
    experiment_accession: str,
    draft: RunDraft,
    file_id: str,
    mate_accession: str | None = None,
    *,
    state: State = State.PUBLIC,
) -> tuple[int, bool]:
    """Make a run of a verified staged file of the caller's; (serial, whether it is new)."""
    experiment = await find_parent(unit, Experiment, Kind.EXPERIMENT, experiment_accession, "experiment_accession")
    digest = digest_of(experiment_accession, draft, file_id, mate_accession)
    known = await submitted_before(unit, Run, draft.alias, digest)
    if known is not None:
        return known, False
    refuse(alias_issues(draft.alias))
    file = await _usable(unit, file_id)
    mate = await _mate_for(unit, mate_accession, experiment.scope) if mate_accession else None
    if mate is not None:
        await refuse_strangers(unit, mate.file_id, file.id)
    await link_files(unit, [file.id], experiment.scope.id)
    run_id = new_id()
    links = {"id": run_id, "experiment_id": experiment.id, "mate_id": mate.id if mate else None, **facts_of(file)}
    links |= experiment.beneath(state)
    serial = await add_record(unit, Kind.RUN, Run, draft, scope=experiment.scope, digest=digest, **links)
    await unit.session.execute(
        insert(RunVersion), [{"id": new_id(), "run_id": run_id, "version": 1, "file_id": file.id}]
    )
    if mate is not None:
        touch(unit, mate, Kind.RUN, {"mate_id": run_id})
        await unit.session.flush()
    await mark_report_due(unit, experiment.scope.id, SOON)
    return serial, True


async def describe_run(
    unit: Unit,
    experiment_accession: str,
    draft: RunDraft,
    described: msgspec.Struct,
    *,
    state: State = State.PUBLIC,
) -> tuple[int, bool]:
    """Make a run that only describes its file, in an archive without an object store.

    `described` has `filename`, `file_size`, `checksum_md5` and `file_type`, all of them required here.
    """
    experiment = await find_parent(unit, Experiment, Kind.EXPERIMENT, experiment_accession, "experiment_accession")
    told = {name: getattr(described, name) for name in ("filename", "file_size", "checksum_md5", "file_type")}
    digest = digest_of(experiment_accession, draft, told)
    known = await submitted_before(unit, Run, draft.alias, digest)
    if known is not None:
        return known, False
    refuse([*alias_issues(draft.alias), *_description_issues(told)])
    told["checksum_md5"] = told["checksum_md5"].lower()
    told["file_type"] = vocab.canonical(Vocabulary.FILE_TYPE, told["file_type"])
    links = {"id": new_id(), "experiment_id": experiment.id, **told, **experiment.beneath(state)}
    return await add_record(unit, Kind.RUN, Run, draft, scope=experiment.scope, digest=digest, **links), True


def _description_issues(told: Mapping[str, Any]) -> list[Issue]:
    missing = [Issue("missing_required", f"'{name}' is required.", field=name) for name in told if told[name] is None]
    if missing or vocab.canonical(Vocabulary.FILE_TYPE, told["file_type"]):
        return missing
    offered = ", ".join(vocab.terms(Vocabulary.FILE_TYPE))
    message = f"{told['file_type']!r} is no file type; expected one of {offered}."
    return [Issue("not_in_vocabulary", message, field="file_type")]


async def _usable(unit: Unit, file_id: str) -> File:
    """A staged file of the caller's that a run can be made of, or why it cannot."""
    try:
        wanted = UUID(file_id)
    except ValueError:
        message = f"{file_id[:80]!r} is not the id of a staged file; GET /staging/files lists yours."
        refuse([Issue("malformed_id", message, field="file_id")])
        raise
    file = (await unit.session.scalars(select(File).where(File.id == wanted, personal_to(File, unit)))).one_or_none()
    if file is None or file.state == FileState.RECEIVING:
        raise NotFound(f"file_id: there is no staged file {file_id} of yours.")
    match file.state:
        case FileState.VERIFIED:
            return file
        case FileState.LINKED:
            raise Conflict(f"{file.filename} already belongs to a run; upload it again.", code="file_linked")
        case FileState.REJECTED:
            refuse([Issue("file_rejected", f"{file.filename} was rejected: {file.reason}", field="file_id")])
        case FileState.EXPIRED:
            refuse([Issue("file_expired", f"{file.filename} has expired; upload it again.", field="file_id")])
    raise Conflict(f"{file.filename} is still {file.state}; try again when it is verified.", code="file_not_ready")


def facts_of(file: File) -> dict[str, Any]:
    """What a run shows of its current file."""
    return {
        "file_id": file.id,
        "file_type": file.format,
        "filename": file.filename,
        "file_size": file.size,
        "checksum_md5": file.md5,
        "checksum_sha256": file.sha256,
    }


async def link_files(unit: Unit, ids: list[UUID], scope_id: UUID) -> None:
    """Move verified files out of staging into a project; `Conflict` where one is no longer there to be had."""
    linked = 0
    for start in range(0, len(ids), 500):
        statement = (
            update(File)
            .where(File.id.in_(ids[start : start + 500]), File.state == FileState.VERIFIED, File.scope_id.is_(None))
            .values(state=FileState.LINKED, scope_id=scope_id)
            .execution_options(synchronize_session=False)
        )
        linked += (await unit.session.execute(statement)).rowcount  # type: ignore[attr-defined]
    if linked != len(ids):
        raise Conflict("A file was taken by another run, or removed, at the same moment.", code="file_linked")
    await end_grants_of_others(unit, ids, scope_id)


async def _mate_for(unit: Unit, accession: str, scope: Scope) -> Run:
    """The run that is to be a mate: of the same project, and without a mate."""
    mate, its_scope = await load_for_change(unit, Run, Kind.RUN, accession, Verb.CONTRIBUTE)
    if its_scope.id != scope.id:
        raise Conflict(f"{accession} belongs to another project.", code="other_project")
    if mate.mate_id is not None:
        raise Conflict(f"{accession} has a mate already; a mate is set once.", code="mate_set")
    return mate  # type: ignore[no-any-return]


async def change_run(unit: Unit, accession: str, changes: Mapping[str, Any]) -> None:
    """Merge `changes` into a run; `mate_accession` is set once, on both runs."""
    row, scope = await load_for_change(unit, Run, Kind.RUN, accession, Verb.CONTRIBUTE)
    fields = dict(changes)
    if "mate_accession" in fields:
        wanted = fields.pop("mate_accession")
        mate = await _mate_or_same(unit, row, wanted, scope)
        if mate is not None:
            touch(unit, row, Kind.RUN, {"mate_id": mate.id})
            touch(unit, mate, Kind.RUN, {"mate_id": row.id})
    touch(unit, row, Kind.RUN, fields)


async def _mate_or_same(unit: Unit, row: Run, wanted: str, scope: Scope) -> Run | None:
    """The new mate of a run, or None where it is the mate already."""
    if row.mate_id is None:
        mate = await _mate_for(unit, wanted, scope)
        if mate.id == row.id:
            refuse([Issue("own_mate", "A run cannot be its own mate.", field="mate_accession")])
        for run in (row, mate):
            if run.file_type not in {None, "FASTQ"}:
                message = f"{run.filename!r} is {run.file_type}, not FASTQ: it has no mate."
                refuse([Issue("not_reads", message, field="mate_accession")])
        await refuse_strangers(unit, mate.file_id, row.file_id)
        return mate
    mate, _ = await load_for_change(unit, Run, Kind.RUN, wanted, Verb.CONTRIBUTE)
    if mate.id != row.mate_id:
        raise Conflict("The run has another mate already; a mate is set once.", code="mate_set")
    return None


async def replace_file(unit: Unit, accession: str, file_id: str) -> None:
    """Give a run a new file: version n+1 becomes the current one, and version n stays readable by its number."""
    row, scope = await load_for_change(unit, Run, Kind.RUN, accession, Verb.CONTRIBUTE)
    if row.file_id is not None and str(row.file_id) == file_id:
        return
    file = await _usable(unit, file_id)
    if row.file_type is not None and file.format != row.file_type:
        message = f"{accession} is a {row.file_type} run; {file.filename} is {file.format}."
        refuse([Issue("other_file_type", message, field="file_id")])
    await link_files(unit, [file.id], scope.id)
    await keep_openness(unit, row, scope)
    version = row.version + 1
    unit.session.add(RunVersion(run_id=row.id, version=version, file_id=file.id))
    touch(unit, row, Kind.RUN, {"version": version, **facts_of(file)})
    audit.record(unit, "new_version", accession, version=version)
    await mark_report_due(unit, scope.id, SOON)
