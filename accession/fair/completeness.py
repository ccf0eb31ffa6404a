"""Tells how much of their checklists samples fill in: walks through the newest samples of a project, chunk by chunk."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import Select, bindparam, select

from accession import vocab
from accession.catalog.models import Sample
from accession.catalog.shapes import SAMPLES
from accession.checklists.fields import Requirement
from accession.checklists.lookup import get_checklist, record_names
from accession.checklists.values import is_blank
from accession.fair.counting import within
from accession.people.access import Viewer, values, viewer
from accession.vocab import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Row

    from accession.unit import Unit

MOST_SAMPLES: Final = 20_000
CHUNK: Final = 500


class Filled(msgspec.Struct):
    """Shares of filled fields, summed over the `samples` looked at; `wanting` of them are recommended any field."""

    samples: int = 0
    mandatory: float = 0.0
    recommended: float = 0.0
    wanting: int = 0


async def filled_of(unit: Unit, scope_id: UUID) -> Filled:
    """How complete a project's samples are: all of them, or the newest `MOST_SAMPLES`."""
    who, seen = viewer(unit), values(unit)
    newest = await unit.fetch(_newest(who), {"project": scope_id, "most": MOST_SAMPLES, **seen})
    found = Filled()
    for start in range(0, len(newest), CHUNK):
        serials = [row.serial for row in newest[start : start + CHUNK]]
        rows = await unit.fetch(_chunk(who), {"project": scope_id, "serials": serials, **seen})
        await asyncio.to_thread(_add, found, rows)
    return found


@cache
def _newest(who: Viewer) -> Select[Any]:
    """The serials of the newest samples, sorted once: with each chunk it would cost the whole project again."""
    found = select(SAMPLES.c.serial).where(within(Sample, who, SAMPLES))
    return found.order_by(SAMPLES.c.serial.desc()).limit(bindparam("most"))


@cache
def _chunk(who: Viewer) -> Select[Any]:
    names = ("checklist_id", *record_names(), "custom_fields")
    found = select(*(SAMPLES.c[name] for name in names)).where(within(Sample, who, SAMPLES))
    return found.where(SAMPLES.c.serial.in_(bindparam("serials", expanding=True)))


def _add(found: Filled, rows: Sequence[Row[Any]]) -> None:
    """Count the fields of a chunk in; a sample without a checklist fills none."""
    for row in rows:
        told = row._mapping  # noqa: SLF001  # Row's public view
        found.samples += 1
        wanted = _fields(told["checklist_id"] or "")
        own = told["custom_fields"] or {}
        for requirement, names in wanted.items():
            if not names:
                continue
            filled = sum(_is_told(told[name] if in_record else own.get(name)) for name, in_record in names)
            if requirement is Requirement.REQUIRED:
                found.mandatory += filled / len(names)
            else:
                found.recommended += filled / len(names)
                found.wanting += 1


@cache
def _fields(checklist_id: str) -> dict[Requirement, tuple[tuple[str, bool], ...]]:
    """The fields that a checklist requires and recommends: name, and whether the record itself has it."""
    checklist = get_checklist(checklist_id)
    fields = checklist.fields if checklist is not None else ()
    return {
        wanted: tuple((field.name, field.in_record) for field in fields if field.requirement is wanted)
        for wanted in (Requirement.REQUIRED, Requirement.RECOMMENDED)
    }


def _is_told(value: object) -> bool:
    """Whether a value says something: a term such as "not collected" does not."""
    return not is_blank(value) and (not isinstance(value, str) or value.strip().casefold() not in _missing())


@cache
def _missing() -> frozenset[str]:
    return frozenset(term.casefold() for term in vocab.terms(Vocabulary.MISSING_VALUE))
