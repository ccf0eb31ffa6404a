"""Pages newest first hold what one plain statement finds, for every viewer, however much is hidden in between."""

from __future__ import annotations

import itertools
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, select

import accession.services  # noqa: F401  # all rows
from accession.actor import ANONYMOUS, Actor
from accession.catalog import walking
from accession.catalog.models import Run, Sample
from accession.catalog.reading import page_of
from accession.catalog.shapes import SAMPLE, Shape
from accession.catalog.walking import NEWEST, Listed, walk
from accession.files.runs import RUN
from accession.numbers import Span
from accession.paging import PageRequest
from accession.people.access import values, viewer
from accession.people.accounts import load_actor
from accession.people.models import Account, Scope

if TYPE_CHECKING:
    from uuid import UUID

    from app.wiring import Wiring
    from tests.conftest import ManualClock

pytestmark = pytest.mark.anyio
SCRIPTS = Path(__file__).parents[2] / "scripts" / "bench"
COUNT = 3_000
RARE = {"organism": "Loxodonta africana"}
FILTERS: tuple[dict[str, Any], ...] = ({}, {"organism": "Bos taurus"}, RARE, {"tax_id": 9003, "tissue": "milk"})


@pytest.fixture
async def filled(wiring: Wiring, alice: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An archive whose newer half is private to somebody else; alice belongs to fifty groups."""
    monkeypatch.syspath_prepend(SCRIPTS)
    return await import_module("population").populate(wiring, COUNT, alice.id)


async def actor_named(wiring: Wiring, name: str) -> Actor:
    async with wiring.reading() as unit:
        found = (await unit.session.scalars(select(Account.id).where(Account.name == name))).one()
        return await load_actor(unit, found)


async def plainly(wiring: Wiring, actor: Actor, shape: Shape, filters: dict[str, Any]) -> list[int]:
    """The serials that one statement over everything finds."""
    async with wiring.reading(actor) as unit:
        listed = Listed(shape, viewer(unit), tuple(sorted(filters)))
        window = {"before": NEWEST, "limit": COUNT, "offset": 0}
        asked = {f"by_{name}": value for name, value in filters.items()}
        return [row.serial for row in await unit.fetch(walking._all(listed), {**values(unit), **asked, **window})]


async def by_cursor(wiring: Wiring, actor: Actor, shape: Shape, filters: dict[str, Any], size: int) -> list[int]:
    found: list[int] = []
    before: int | None = NEWEST
    while before is not None:
        async with wiring.reading(actor) as unit:
            page = await page_of(unit, shape, PageRequest(per_page=size, before=before), filters)
        found += [row.serial for row in page.items]
        before = page.next_before
    return found


async def test_walking_page_by_page_finds_all_that_is_visible_in_order(
    wiring: Wiring, filled: Any, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(await plainly(wiring, ANONYMOUS, SAMPLE, RARE)) > 5
    named = [await actor_named(wiring, name) for name in ("alice", "lab-3", "lab-8", "lab-40", "root")]
    for actor, looked_at in itertools.product([ANONYMOUS, *named], (1, 5)):
        monkeypatch.setattr(walking, "_LOOKED_AT", looked_at)
        for filters in FILTERS:
            expected = await plainly(wiring, actor, SAMPLE, filters)
            assert await by_cursor(wiring, actor, SAMPLE, filters, 150) == expected
            assert expected == sorted(expected, reverse=True)
        assert await by_cursor(wiring, actor, RUN, {}, 200) == await plainly(wiring, actor, RUN, {})


async def test_pages_by_number_are_those_by_cursor(wiring: Wiring, filled: Any) -> None:
    expected = await plainly(wiring, ANONYMOUS, SAMPLE, {})
    for number in (1, 2, 7, 10_000):
        async with wiring.reading() as unit:
            page = await page_of(unit, SAMPLE, PageRequest(page=number, per_page=30))
        assert [row.serial for row in page.items] == expected[(number - 1) * 30 : number * 30]
        assert page.total == len(expected)


async def test_a_long_hidden_stretch_is_passed_in_one_jump(wiring: Wiring, filled: Any) -> None:
    told: list[str] = []
    event.listen(wiring.engines.read.sync_engine, "before_cursor_execute", lambda *told_of: told.append(told_of[2]))
    async with wiring.reading() as unit:
        rows = await walk(unit, SAMPLE, (), values(unit), limit=21)
    assert len(rows) == 21
    assert rows[0].serial <= filled.hidden_from
    assert len(told) == 3, "look, jump, look again"


async def test_an_embargo_that_ends_opens_the_lists(wiring: Wiring, filled: Any, clock: ManualClock) -> None:
    before = await by_cursor(wiring, ANONYMOUS, SAMPLE, {}, 200)
    clock.advance(days=301)
    after = await by_cursor(wiring, ANONYMOUS, SAMPLE, {}, 200)
    assert set(before) < set(after)
    async with wiring.reading() as unit:
        embargoed = select(Scope.id).where(Scope.release_date > unit.today - timedelta(days=20))
        released = select(Sample.serial).where(Sample.scope_id.in_(embargoed), Sample.state == "public")
        assert set((await unit.session.scalars(released)).all()) == set(after) - set(before)


async def test_a_total_is_counted_anew_when_a_grant_ends_by_the_clock(
    wiring: Wiring, alice: Any, clock: ManualClock, filled: Any
) -> None:
    from accession.people.models import Grant

    async def total() -> int | None:
        async with wiring.reading(await actor_named(wiring, "alice")) as unit:
            return (await page_of(unit, SAMPLE, PageRequest(per_page=5))).total

    whole = await total()
    async with wiring.writing() as unit:
        for grant in (await unit.session.scalars(select(Grant).where(Grant.kind == "PRJ"))).all():
            grant.expires_at = clock.now() + timedelta(minutes=1)
    assert await total() == whole
    clock.advance(minutes=2)
    assert (await total() or 0) < (whole or 0)


async def test_no_record_lies_outside_of_the_span_of_its_scope(wiring: Wiring, filled: Any) -> None:
    for model in (Sample, Run):
        await compare_spans(wiring, model)


async def compare_spans(wiring: Wiring, model: Any) -> None:
    async with wiring.reading() as unit:
        reach = select(model.scope_id, func.min(model.serial), func.max(model.serial)).group_by(model.scope_id)
        kind = {"samples": "SAM", "runs": "RUN"}[model.__tablename__]
        spans = select(Span.scope_id, Span.first, Span.last).where(Span.kind == kind)
        found: dict[UUID, Any] = {row[0]: tuple(row[1:]) for row in (await unit.session.execute(reach)).all()}
        assert found == {row[0]: tuple(row[1:]) for row in (await unit.session.execute(spans)).all()}
