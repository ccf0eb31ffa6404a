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
CHUNK: Final = 1_000


class Filled(msgspec.Struct):
    """Shares of filled fields, summed over the `samples` looked at; `wanting` of them are recommended any field."""

    samples: int = 0
    mandatory: float = 0.0
    recommended: float = 0.0
    wanting: int = 0


async def filled_of(unit: Unit, scope_id: UUID) -> Filled:
    """How complete a project's samples are: all of them, or the newest `MOST_SAMPLES`."""
    found = Filled()
    before = 2**62
    while found.samples < MOST_SAMPLES:
        parameters = {"project": scope_id, "before": before, "chunk": CHUNK, **values(unit)}
        rows = await unit.fetch(_chunk(viewer(unit)), parameters)
        await asyncio.to_thread(_add, found, rows)
        if len(rows) < CHUNK:
            break
        before = rows[-1].serial
    return found


@cache
def _chunk(who: Viewer) -> Select[Any]:
    names = ("serial", "checklist_id", *record_names(), "custom_fields")
    found = select(*(SAMPLES.c[name] for name in names)).where(within(Sample, who, SAMPLES))
    return (
        found.where(SAMPLES.c.serial < bindparam("before")).order_by(SAMPLES.c.serial.desc()).limit(bindparam("chunk"))
    )


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
    if is_blank(value):
        return False
    return not isinstance(value, str) or vocab.canonical(Vocabulary.MISSING_VALUE, value) is None
