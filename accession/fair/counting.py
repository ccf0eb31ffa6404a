"""Counts what a project holds, in a fixed number of statements, among the records that the caller may see."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, case, func, or_, select

from accession import vocab
from accession.catalog.models import Experiment, Run, Sample
from accession.catalog.shapes import EXPERIMENTS, PROJECTS, SAMPLES, SCOPES
from accession.files.models import FileState
from accession.files.runs import FILES, RUNS
from accession.people.access import Viewer, readable, values, viewer, whole
from accession.vocab import Vocabulary

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement, Row

    from accession.unit import Unit

MOST_GROUPS = 1_000
_GOOD = (FileState.LINKED.value, FileState.VERIFIED.value)
_TERMS = {
    "platform": Vocabulary.PLATFORM,
    "library_strategy": Vocabulary.LIBRARY_STRATEGY,
    "library_source": Vocabulary.LIBRARY_SOURCE,
    "library_selection": Vocabulary.LIBRARY_SELECTION,
    "library_layout": Vocabulary.LIBRARY_LAYOUT,
}


class Extent(NamedTuple):
    """The scope of a project, and whether the caller reads all of it."""

    scope_id: UUID
    whole: bool


async def extent_of(unit: Unit, serial: int) -> Extent:
    """How far the caller sees into a project that was found already."""
    rows = await unit.fetch(_extent(viewer(unit)), {"serial": serial, **values(unit)})
    return Extent(rows[0].id, bool(rows[0].all_of_it))


async def counts_of(unit: Unit, scope_id: UUID) -> dict[str, Any]:
    """The counts of `rules.Facts`, but for those of checklists' fields."""
    parameters = {"project": scope_id, **values(unit)}
    who = viewer(unit)
    samples = (await unit.fetch(_samples(who), parameters))[0]
    with_runs = (await unit.fetch(_with_runs(who), parameters))[0][0]
    taxa = [tuple(row) for row in await unit.fetch(_taxa(who), parameters)]
    experiments = (await unit.fetch(_experiments(who), parameters))[0]
    libraries = await unit.fetch(_libraries(who), parameters)
    runs = (await unit.fetch(_runs(who), parameters))[0]
    counted = {**samples._mapping, **experiments._mapping, **runs._mapping}  # noqa: SLF001  # Row's public view
    linked = sum(counted.pop(name) or 0 for name in ("samples_out", "experiments_out", "runs_out"))
    return {
        **{name: int(count or 0) for name, count in counted.items()},
        "with_runs": int(with_runs),
        "taxa": tuple(taxa),
        "in_vocabulary": sum(row.things for row in libraries if _by_terms(row)),
        "linked_out": int(linked),
    }


def _by_terms(row: Row[Any]) -> bool:
    """Whether a library is told by terms, and its instrument is a known one of its platform; a selection may lack."""
    told = row._mapping  # noqa: SLF001
    for name, vocabulary in _TERMS.items():
        if told[name] is None and name == "library_selection":
            continue
        if told[name] is None or vocab.canonical(vocabulary, told[name]) != told[name]:
            return False
    instrument = told["instrument_model"]
    known = instrument is not None and instrument != vocab.UNSPECIFIED
    return known and vocab.instrument_belongs(told["platform"], instrument)


def within(model: Any, who: Viewer, table: Any) -> ColumnElement[bool]:
    """The condition that a row is the project's and visible."""
    return and_(table.c.scope_id == bindparam("project"), readable(model, who, by_accession=True))


def _many(condition: Any, name: str) -> Any:
    return func.sum(case((condition, 1), else_=0)).label(name)


def _named_outside(table: Any) -> Any:
    return or_(table.c.ena_accession.is_not(None), table.c.ncbi_accession.is_not(None))


def _told(column: Any) -> Any:
    """Filled, and not by a term for a missing value."""
    missing = [term.casefold() for term in vocab.terms(Vocabulary.MISSING_VALUE)]
    return and_(column.is_not(None), column != "", func.lower(column).not_in(missing))


@cache
def _extent(who: Viewer) -> Select[Any]:
    rows = SCOPES.join(PROJECTS, PROJECTS.c.scope_id == SCOPES.c.id)
    found = select(SCOPES.c.id, whole(SCOPES.c, who).label("all_of_it")).select_from(rows)
    return found.where(PROJECTS.c.serial == bindparam("serial"))


@cache
def _samples(who: Viewer) -> Select[Any]:
    origin = and_(_told(SAMPLES.c.collection_date), _told(SAMPLES.c.geographic_location))
    return select(
        func.count().label("samples"),
        _many(SAMPLES.c.checklist_id.is_not(None), "with_checklist"),
        _many(origin, "with_origin"),
        _many(_named_outside(SAMPLES), "samples_out"),
    ).where(within(Sample, who, SAMPLES))


@cache
def _with_runs(who: Viewer) -> Select[Any]:
    rows = (
        RUNS.join(EXPERIMENTS, EXPERIMENTS.c.id == RUNS.c.experiment_id)
        .join(SAMPLES, SAMPLES.c.id == EXPERIMENTS.c.sample_id)
        .outerjoin(FILES, FILES.c.id == RUNS.c.file_id)
    )
    seen = [within(model, who, table) for model, table in ((Run, RUNS), (Sample, SAMPLES))]
    return select(func.count(SAMPLES.c.id.distinct())).select_from(rows).where(*seen, FILES.c.state.in_(_GOOD))


@cache
def _taxa(who: Viewer) -> Select[Any]:
    named = (SAMPLES.c.organism, SAMPLES.c.tax_id)
    count = func.count().label("samples")
    return (
        select(*named, count)
        .where(within(Sample, who, SAMPLES))
        .group_by(*named)
        .order_by(count.desc())
        .limit(MOST_GROUPS)
    )


@cache
def _experiments(who: Viewer) -> Select[Any]:
    paired = EXPERIMENTS.c.library_layout == vocab.LibraryLayout.PAIRED.value
    return select(
        func.count().label("experiments"),
        _many(EXPERIMENTS.c.library_selection.is_not(None), "selected"),
        _many(EXPERIMENTS.c.library_name.is_not(None), "named"),
        _many(paired, "paired"),
        _many(and_(paired, EXPERIMENTS.c.insert_size.is_not(None)), "sized"),
        _many(_named_outside(EXPERIMENTS), "experiments_out"),
    ).where(within(Experiment, who, EXPERIMENTS))


@cache
def _libraries(who: Viewer) -> Select[Any]:
    told = [EXPERIMENTS.c[name] for name in (*_TERMS, "instrument_model")]
    things = func.count().label("things")
    found = select(*told, things).where(within(Experiment, who, EXPERIMENTS))
    return found.group_by(*told).order_by(things.desc()).limit(MOST_GROUPS)


@cache
def _runs(who: Viewer) -> Select[Any]:
    kept = FILES.c.state.in_(_GOOD)
    known = RUNS.c.file_type.in_(vocab.terms(Vocabulary.FILE_TYPE))
    return (
        select(
            func.count().label("runs"),
            _many(kept, "kept"),
            _many(and_(kept, FILES.c.md5.is_not(None), FILES.c.sha256.is_not(None)), "summed"),
            _many(known, "known_format"),
            _many(and_(kept, known), "valid"),
            _many(FILES.c.qc_status.in_(("passed", "warned")), "good_quality"),
            _many(_named_outside(RUNS), "runs_out"),
        )
        .select_from(RUNS.outerjoin(FILES, FILES.c.id == RUNS.c.file_id))
        .where(within(Run, who, RUNS))
    )
