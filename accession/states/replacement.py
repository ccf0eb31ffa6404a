"""Checks the record that is to be used instead of another: of its kind, open to everyone, and never in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from accession.ids import parse_accession, require_serial
from accession.issues import Issue
from accession.moves import Standing, State, Visibility
from accession.people.access import readable_by
from accession.people.models import Scope
from accession.records import refuse
from accession.states.family import MODELS
from accession.states.moving import Moving, standing

if TYPE_CHECKING:
    from accession.ids import Kind
    from accession.unit import Unit

_LONGEST = 1000


async def require_replacement(unit: Unit, moving: Moving, replaced_by: str) -> None:
    """Raise `Rejected` unless the accession is of a public record of the kind that does not lead back to this one."""
    wanted = require_serial(replaced_by, unit.prefix, moving.kind, "replaced_by")
    if wanted.version is not None:
        _refuse("names_a_version", f"{replaced_by} is one version; name the run itself.")
    if wanted.serial == moving.row.serial:
        _refuse("own_replacement", f"{replaced_by} cannot replace itself.")
    model = MODELS[moving.kind]
    found = (
        select(model, Scope)
        .join(Scope, Scope.id == model.scope_id)
        .where(model.serial == wanted.serial, readable_by(model, unit, by_accession=True))
    )
    row = (await unit.session.execute(found)).first()
    if row is None:
        _refuse("unknown_replacement", f"There is no {replaced_by} that could replace it, or it is not visible to you.")
        return
    await _refuse_circles(unit, moving.kind, wanted.serial, moving.row.serial)
    if not _is_public(standing(unit, moving.kind, row[0], row[1])):
        _refuse("replacement_not_public", f"{replaced_by} is not public; everyone is sent there, so release it first.")


def _is_public(there: Standing) -> bool:
    return there.state is State.PUBLIC and there.visibility is Visibility.PUBLIC


async def _refuse_circles(unit: Unit, kind: Kind, start: int, forbidden: int) -> None:
    """Follow the replacement's own replacements; a public record has none, but what is restored once had."""
    model, serial = MODELS[kind], start
    for _ in range(_LONGEST):
        named = (await unit.session.execute(select(model.replaced_by).where(model.serial == serial))).scalar()
        parsed = parse_accession(named) if named else None
        if parsed is None:
            return
        serial = parsed.serial
        if serial == forbidden:
            break
    _refuse("circular_replacement", "The replacement is itself replaced, in the end by this record.")


def _refuse(code: str, message: str) -> None:
    refuse([Issue(code, message, field="replaced_by")])
