"""The history of one record: what was done to it and by whom, for those who manage or share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from accession.base import State
from accession.catalog.models import Experiment, Run, Sample, Subject
from accession.errors import Denied, NotFound
from accession.ids import Kind, require_serial
from accession.people.access import Verb, may, readable_by
from accession.people.journal import events_about
from accession.people.models import Scope
from accession.projects.models import Project
from accession.records import raise_gone

if TYPE_CHECKING:
    from typing import Any

    from accession.paging import Page, PageRequest
    from accession.people.journal import Entry
    from accession.unit import Unit

_MODELS: dict[Kind, Any] = {
    Kind.PROJECT: Project,
    Kind.SUBJECT: Subject,
    Kind.SAMPLE: Sample,
    Kind.EXPERIMENT: Experiment,
    Kind.RUN: Run,
}


async def history_of(unit: Unit, kind: Kind, accession: str, wanted: PageRequest) -> Page[Entry]:
    """The events of a record, newest first; of one that was withdrawn too, for those who managed or shared it.

    `NotFound` for whoever cannot see the record and for one that was removed, `Gone` where it was withdrawn, `Denied`
    for its mere readers.
    """
    model = _MODELS[kind]
    serial = require_serial(accession, unit.prefix, kind).serial
    printed = unit.accession(kind, serial)
    seen = or_(readable_by(model, unit, by_accession=True), model.state == State.WITHDRAWN)
    found = select(model, Scope).join(Scope, Scope.id == model.scope_id).where(model.serial == serial, seen)
    row = (await unit.session.execute(found)).first()
    entitled = row is not None and unit.actor.signed_in and await may(unit, Verb.SHARE, row[1], row[0])
    if not entitled:
        if row is None or row[0].state == State.WITHDRAWN:
            await raise_gone(unit, model, kind, serial)
            raise NotFound(f"There is no {kind.name.lower()} {printed}, or it is not visible to you.")
        unit.require_account()
        raise Denied(f"The history of {printed} is for those who manage or share it; ask the project's owner.")
    return await events_about(unit, wanted, printed)
