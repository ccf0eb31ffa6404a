"""Turns the drafts of an accepted sheet into records: all in the caller's transaction, with a handful of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update

from accession.audit import service as audit
from accession.base import GONE, State, new_id
from accession.catalog.models import Experiment, Run, RunVersion, Sample, Subject
from accession.errors import Conflict
from accession.files.models import File, FileState
from accession.files.project_reports import mark_report_due
from accession.files.runs import SOON, facts_of, link_files
from accession.ids import Kind
from accession.inserts import insert_rows
from accession.numbers import mint_in
from accession.people.models import Scope
from accession.records import below, hold_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from accession.sheets.drafts import Drafts, ExperimentDraft, SampleDraft
    from accession.unit import Unit

_CHUNK = 500
_RUNS: Any = Run.__table__
_VERSIONS: Any = RunVersion.__table__


class Known(msgspec.Struct, frozen=True, gc=False):
    """A record that exists or is about to: its id, its serial (0 until it is minted), and what it keeps closed."""

    id: UUID
    serial: int
    state: str = State.PUBLIC
    keeper: str | None = None


class Made(msgspec.Struct, frozen=True):
    """The accessions of everything that a sheet names, in its order, whether made now or before."""

    subjects: list[str]
    samples: list[str]
    experiments: list[str]
    runs: list[str]


async def apply(unit: Unit, scope: Scope, drafts: Drafts) -> Made:
    """Register what is new among the drafts, link the files, and give the accessions of all."""
    return await _Sheet(unit, scope, drafts).apply()


class _Sheet:
    """One sheet on its way into the database: what exists, what is new, and the rows of the new."""

    def __init__(self, unit: Unit, scope: Scope, drafts: Drafts) -> None:
        self.unit = unit
        self.session = unit.session
        self.owner = unit.require_account()
        self.scope = scope
        self.drafts = drafts
        self.files = [UUID(run.staged_file_id) for run in drafts.runs]  # of each run
        self.known: dict[Kind, dict[Any, Known]] = {}
        self.rows: dict[Kind, list[dict[str, Any]]] = {}

    async def apply(self) -> Made:
        await self._hold()
        drafts = self.drafts
        subjects = [draft.alias for draft in drafts.subjects]
        samples = [draft.alias for draft in drafts.samples]
        self.known[Kind.SUBJECT] = await self._by_alias(Kind.SUBJECT, Subject, subjects)
        self.known[Kind.SAMPLE] = await self._by_alias(Kind.SAMPLE, Sample, samples)
        self.known[Kind.EXPERIMENT] = await self._experiments_of([k.id for k in self.known[Kind.SAMPLE].values()])
        files = await self._files(self.files)
        linked = [file_id for file_id, file in files.items() if file.state == FileState.LINKED]
        self.known[Kind.RUN] = await self._runs_of(linked)
        self._require_unmoved(files)
        self._draft_subjects()
        self._draft_samples()
        self._draft_experiments()
        self._draft_runs(files)
        fresh = [row["file_id"] for row in self.rows[Kind.RUN]]
        await link_files(self.unit, fresh, self.scope.id)
        await self._number_and_insert()
        if fresh:
            await mark_report_due(self.unit, self.scope.id, SOON)
        keys = [self._experiment_key(draft) for draft in drafts.experiments]
        return Made(
            subjects=self._accessions(Kind.SUBJECT, subjects),
            samples=self._accessions(Kind.SAMPLE, samples),
            experiments=self._accessions(Kind.EXPERIMENT, keys),
            runs=self._accessions(Kind.RUN, self.files),
        )

    async def _hold(self) -> None:
        """Keep the project as it is until the commit; `Conflict` where it went since the sheet was checked."""
        await hold_scope(self.unit, self.scope.id)
        state = (await self.session.execute(select(Scope.state).where(Scope.id == self.scope.id))).scalar_one()
        if state in GONE:
            raise Conflict("The project was withdrawn or removed at the same moment.", code="parent_withdrawn")

    def _found(self, kind: Kind, row: Any) -> Known:
        """A record that exists; where it is closed by itself, what is added below it is closed with it."""
        if row.state == State.PUBLIC:
            return Known(row.id, row.serial)
        return Known(row.id, row.serial, row.state, row.moved_with or self.unit.accession(kind, row.serial))

    async def _by_alias(self, kind: Kind, model: Any, aliases: list[str]) -> dict[Any, Known]:
        found: dict[Any, Known] = {}
        for some in _chunks(aliases):
            statement = select(model.alias, model.id, model.serial, model.state, model.moved_with).where(
                model.owner_id == self.owner, model.alias.in_(some), model.state.not_in(GONE)
            )
            found |= {row.alias: self._found(kind, row) for row in (await self.session.execute(statement)).all()}
        return found

    async def _experiments_of(self, samples: list[UUID]) -> dict[Any, Known]:
        """The experiments that samples of the sheet have already, by what makes two the same."""
        found: dict[Any, Known] = {}
        columns = (
            Experiment.platform,
            Experiment.instrument_model,
            Experiment.library_strategy,
            Experiment.library_name,
            Experiment.state,
            Experiment.moved_with,
        )
        for some in _chunks(samples):
            statement = (
                select(Experiment.id, Experiment.serial, Experiment.sample_id, *columns)
                .where(Experiment.sample_id.in_(some), Experiment.state.not_in(GONE))
                .order_by(Experiment.serial.desc())
            )
            for row in (await self.session.execute(statement)).all():
                key = (row.sample_id, row.platform, row.instrument_model, row.library_strategy, row.library_name)
                found[key] = self._found(Kind.EXPERIMENT, row)
        return found

    async def _files(self, ids: list[UUID]) -> dict[UUID, File]:
        columns = (File.id, File.state, File.format, File.filename, File.size, File.md5, File.sha256)
        found: dict[UUID, Any] = {}
        for some in _chunks(ids):
            statement = select(*columns).where(File.id.in_(some))
            found |= {row.id: row for row in (await self.session.execute(statement)).all()}
        return found

    async def _runs_of(self, files: list[UUID]) -> dict[Any, Known]:
        found: dict[Any, Known] = {}
        for some in _chunks(files):
            statement = select(Run.file_id, Run.id, Run.serial).where(Run.file_id.in_(some), Run.state.not_in(GONE))
            found |= {row.file_id: Known(row.id, row.serial) for row in (await self.session.execute(statement)).all()}
        return found

    def _require_unmoved(self, files: dict[UUID, File]) -> None:
        """Raise `Conflict` where a file is no longer what it was when the sheet was checked."""
        for draft, file_id in zip(self.drafts.runs, self.files, strict=True):
            file = files.get(file_id)
            linked = file is not None and file.state == FileState.LINKED
            if file is None or linked != draft.linked or (linked and file.id not in self.known[Kind.RUN]):
                message = f"The file of row {draft.row} was taken by another run, or removed, at the same moment."
                raise Conflict(message, code="file_linked")

    def _add(self, kind: Kind, key: Any, parent: Known | None, **columns: Any) -> None:
        """Note a new row, unless the record exists; its serial is filled in when all are counted."""
        rows = self.rows.setdefault(kind, [])
        if key in self.known[kind]:
            return
        row_id = new_id()
        closed = parent is not None and parent.state != State.PUBLIC
        own = below(parent.state, parent.keeper) if parent is not None and closed else _OPEN
        self.known[kind][key] = Known(row_id, 0, own["state"], own["moved_with"])
        rows.append({"id": row_id, "key": key, **own, **columns})

    def _draft_subjects(self) -> None:
        self.rows[Kind.SUBJECT] = []
        for draft in self.drafts.subjects:
            columns = {"organism": draft.organism, "tax_id": draft.tax_id, "sex": draft.sex}
            self._add(Kind.SUBJECT, draft.alias, None, alias=draft.alias, **columns)

    def _draft_samples(self) -> None:
        self.rows[Kind.SAMPLE] = []
        for draft in self.drafts.samples:
            subject = self.known[Kind.SUBJECT].get(draft.subject_alias)
            self._add(Kind.SAMPLE, draft.alias, subject, **self._sample_columns(draft, subject))

    def _sample_columns(self, draft: SampleDraft, subject: Known | None) -> dict[str, Any]:
        blank = dict.fromkeys(_SAMPLE_FIELDS)
        return {
            **blank,
            **draft.record,
            "alias": draft.alias,
            "subject_id": subject.id if subject else None,
            "checklist_id": draft.checklist_id,
            "custom_fields": draft.custom_fields,
            "submitted_digest": draft.digest,
        }

    def _experiment_key(self, draft: ExperimentDraft) -> tuple[object, ...]:
        sample = self.known[Kind.SAMPLE][draft.sample_alias].id
        return (sample, draft.platform, draft.instrument_model, draft.library_strategy, draft.library_name)

    def _draft_experiments(self) -> None:
        self.rows[Kind.EXPERIMENT] = []
        for draft in self.drafts.experiments:
            columns = {name: getattr(draft, name) for name in _EXPERIMENT_FIELDS}
            sample = self.known[Kind.SAMPLE][draft.sample_alias]
            self._add(Kind.EXPERIMENT, self._experiment_key(draft), sample, sample_id=sample.id, **columns)

    def _draft_runs(self, files: dict[UUID, File]) -> None:
        """Rows of runs; the first of a new pair is told its mate once both are written."""
        self.rows[Kind.RUN] = []
        known = self.known[Kind.RUN]
        experiments = [self.known[Kind.EXPERIMENT][self._experiment_key(draft)] for draft in self.drafts.experiments]
        for draft, file_id in zip(self.drafts.runs, self.files, strict=True):
            mate = None if draft.mate is None else known.get(self.files[draft.mate])
            experiment = experiments[draft.experiment]
            columns = {"experiment_id": experiment.id, "read_number": draft.read_number, **facts_of(files[file_id])}
            self._add(Kind.RUN, file_id, experiment, mate_id=mate.id if mate else None, **columns)

    async def _number_and_insert(self) -> None:
        """Mint everything in one call, then one bulk insert a kind, parents first."""
        wanted = {kind: len(rows) for kind, rows in self.rows.items()}
        minted = await mint_in(self.session, self.scope.id, wanted)
        events: list[tuple[str, str]] = []
        for kind, model in _MODELS.items():
            rows = self.rows[kind]
            for row, serial in zip(rows, minted.get(kind, ()), strict=True):
                row["serial"] = serial
                key = row.pop("key")
                self.known[kind][key] = Known(row["id"], serial)  # nothing is added below it any more
                events.append(("create", self.unit.accession(kind, serial)))
            if rows:
                await self._insert(kind, model, rows)
        await audit.record_many(self.unit, events)

    async def _insert(self, kind: Kind, model: Any, rows: list[dict[str, Any]]) -> None:
        shared: dict[str, Any] = {"owner_id": self.owner, "scope_id": self.scope.id}
        if kind is not Kind.RUN:
            await insert_rows(self.session, model.__table__, rows, **shared)
            return
        await insert_rows(self.session, _RUNS, rows, **shared)
        await self._tell_first_mates(rows[0]["serial"], rows[-1]["serial"])
        versions = [{"id": new_id(), "run_id": row["id"], "file_id": row["file_id"]} for row in rows]
        await insert_rows(self.session, _VERSIONS, versions, version=1)

    async def _tell_first_mates(self, first: int, last: int) -> None:
        """Point the first of each new pair at the second, which has the next serial and points back already."""
        seconds = _RUNS.alias("seconds")
        mate = select(seconds.c.id).where(seconds.c.serial == _RUNS.c.serial + 1).scalar_subquery()
        lonely = (_RUNS.c.serial.between(first, last), _RUNS.c.read_number == 1, _RUNS.c.mate_id.is_(None))
        connection = await self.session.connection()
        await connection.execute(update(_RUNS).where(*lonely).values(mate_id=mate))

    def _accessions(self, kind: Kind, keys: Iterable[Any]) -> list[str]:
        return [self.unit.accession(kind, self.known[kind][key].serial) for key in keys]


_OPEN: dict[str, Any] = {"state": State.PUBLIC.value, "moved_with": None}
_MODELS: dict[Kind, Any] = {
    Kind.SUBJECT: Subject,
    Kind.SAMPLE: Sample,
    Kind.EXPERIMENT: Experiment,
    Kind.RUN: Run,
}
_SAMPLE_FIELDS = (
    "organism",
    "tax_id",
    "collection_date",
    "geographic_location",
    "breed",
    "host",
    "tissue",
    "developmental_stage",
    "sex",
)
_EXPERIMENT_FIELDS = (
    "platform",
    "instrument_model",
    "library_strategy",
    "library_source",
    "library_layout",
    "library_selection",
    "insert_size",
    "library_name",
)


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
