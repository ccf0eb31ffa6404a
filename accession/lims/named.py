"""Finds the records that a laboratory's message names by alias, and makes or changes them by the rules of any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from accession import vocab
from accession.base import GONE
from accession.catalog.changing import change_experiment, change_sample
from accession.catalog.drafts import ExperimentDraft, SampleDraft
from accession.catalog.models import Experiment, Sample
from accession.catalog.registering import register_experiment, register_sample
from accession.errors import Rejected
from accession.ids import Kind
from accession.issues import Issue
from accession.people.access import readable_by
from accession.projects.models import Project
from accession.records import find_parent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy import Select

    from accession.lims.messages import SampleNamed
    from accession.unit import Unit


_MOST_OWNERS = 100


class Named(NamedTuple):
    """A record that was found: its id, its accession and its revision. The row itself is loaded under its lock."""

    id: UUID
    accession: str
    revision: int


async def put_sample(unit: Unit, named: SampleNamed, fields: Mapping[str, Any]) -> tuple[str, str]:
    """Register the sample of that alias in its project, or merge the fields into it; (accession, what was done)."""
    found = await _sample(unit, named)
    if found is not None:
        return found.accession, await _changed(unit, Sample, found, change_sample, fields)
    given = {name: value for name, value in fields.items() if value is not None}
    subject = given.pop("subject_accession", None)
    draft = SampleDraft(alias=named.alias, **given)
    serial, _ = await register_sample(unit, str(named.project), draft, subject)
    return unit.accession(Kind.SAMPLE, serial), "created"


async def put_experiment(
    unit: Unit, sample: Named, alias: str, fields: Mapping[str, Any], *, may_create: bool = True
) -> tuple[str, str]:
    """Register the experiment of that alias on the sample, or merge the fields into it; (accession, what was done).

    A library is prepared before anybody knows which machine will read it: until then its instrument is unspecified.
    """
    found = await _experiment(unit, sample, alias)
    if found is not None:
        return found.accession, await _changed(unit, Experiment, found, change_experiment, fields)
    if not may_create:
        message = f"{sample.accession} has no library {alias!r}; send 'library_prepared' first."
        raise Rejected([Issue("unknown_library", message, field="library.alias")])
    given = {name: value for name, value in fields.items() if value is not None}
    if "platform" in given:
        given.setdefault("instrument_model", vocab.UNSPECIFIED)
    if "library_source" not in given:
        given["library_source"] = vocab.source_for(given.get("library_strategy", ""))
    serial, _ = await register_experiment(unit, sample.accession, ExperimentDraft(alias=alias, **given))
    return unit.accession(Kind.EXPERIMENT, serial), "created"


async def known_sample(unit: Unit, named: SampleNamed) -> Named:
    """The sample of that alias, which must be there."""
    found = await _sample(unit, named)
    if found is None:
        message = f"There is no sample {named.alias!r} that you may see; send 'sample_registered' first."
        raise Rejected([Issue("unknown_sample", message, field="sample.alias")])
    return found


async def _sample(unit: Unit, named: SampleNamed) -> Named | None:
    """The sample of that alias: in the named project, else among the account's own."""
    where = Sample.owner_id == unit.require_account()
    if named.project is not None:
        project = await find_parent(unit, Project, Kind.PROJECT, named.project, "sample.project_accession")
        where = Sample.scope_id == project.scope.id
    seen = readable_by(Sample, unit, by_accession=True)
    found = _named(Sample).where(Sample.alias == named.alias, where, Sample.state.not_in(GONE), seen)
    return await _one(unit, found, Kind.SAMPLE, "sample.alias")


async def _experiment(unit: Unit, sample: Named, alias: str) -> Named | None:
    seen = readable_by(Experiment, unit, by_accession=True)
    found = _named(Experiment).where(
        Experiment.alias == alias, Experiment.sample_id == sample.id, Experiment.state.not_in(GONE), seen
    )
    return await _one(unit, found, Kind.EXPERIMENT, "library.alias")


def _named(model: Any) -> Select[Any]:
    return select(model.id, model.serial, model.revision, model.owner_id, model.alias)


async def _one(unit: Unit, found: Select[Any], kind: Kind, field: str) -> Named | None:
    """The one record of an alias; of several the account's own."""
    rows = (await unit.session.execute(found.limit(_MOST_OWNERS))).all()
    own = [row for row in rows if row.owner_id == unit.require_account()] or rows
    if len(own) > 1:
        message = f"Several people use the alias {own[0].alias!r} here; none of them is you."
        raise Rejected([Issue("ambiguous_alias", message, field=field)])
    return Named(own[0].id, unit.accession(kind, own[0].serial), own[0].revision) if own else None


async def _changed(unit: Unit, model: Any, found: Named, change: Any, fields: Mapping[str, Any]) -> str:
    """Merge the fields; what differs makes a new revision."""
    if not fields:
        return "unchanged"
    await change(unit, found.accession, fields)
    await unit.session.flush()
    revision = (await unit.session.execute(select(model.revision).where(model.id == found.id))).scalar_one()
    return "updated" if revision != found.revision else "unchanged"
