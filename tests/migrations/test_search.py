"""What was registered before there was a search is found after the migration, and the way back leaves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import inspect, text, update

from accession.catalog.models import Sample
from accession.search.models import SearchEntry
from app.db import migrate as migrations
from tests.dialects.archive.records import make, make_experiment, make_project, make_sample
from tests.dialects.archive.test_search import FILE, found

if TYPE_CHECKING:
    import httpx
    from sqlalchemy import Connection

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio


async def test_records_of_before_are_found_in_their_order(wiring: Wiring, api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice, alias="quagga")
    subject = await make(
        api, alice, "subjects", project_accession=project, organism="Equus quagga", tax_id=89248, alias="quagga"
    )
    sample = await make_sample(api, alice, project, alias="quagga", custom_fields={"deep": "savanna"})
    experiment = await make_experiment(api, alice, sample, alias="quagga")
    run = await make(api, alice, "runs", experiment_accession=experiment, **{**FILE, "filename": "quagga.bam"})
    gone = await make_sample(api, alice, project, alias="quagga too")
    assert (await api.delete(f"/api/v1/samples/{gone}", headers=alice.headers)).status_code == 204
    asked = ("quagga", "savanna", sample)
    before = [await found(api, question) for question in asked]
    assert before[0] == [run, experiment, sample, subject, project]
    await _move(wiring, "0003", "head")
    assert [await found(api, question) for question in asked] == before
    async with wiring.writing() as unit:
        await unit.session.execute(update(Sample).values(tissue="hoof"))
    assert await found(api, "hoof") == [sample]


async def test_the_way_back_leaves_nothing(wiring: Wiring) -> None:
    async with wiring.engines.write.connect() as connection:
        before = await connection.run_sync(_left)
        await connection.run_sync(lambda sync: command.downgrade(migrations._config(sync), "0003"))
        left = await connection.run_sync(_left)
        assert not [name for name in left if "search" in name]
        await connection.run_sync(lambda sync: command.upgrade(migrations._config(sync), "head"))
        assert await connection.run_sync(_left) == before
        await connection.rollback()
    assert SearchEntry.__tablename__ in before


async def _move(wiring: Wiring, down: str, up: str) -> None:
    async with wiring.engines.write.connect() as connection:
        await connection.run_sync(lambda sync: command.downgrade(migrations._config(sync), down))
        await connection.run_sync(lambda sync: command.upgrade(migrations._config(sync), up))
        await connection.commit()


def _left(connection: Connection) -> set[str]:
    """The names of all tables, triggers and functions."""
    if connection.dialect.name == "sqlite":
        return set(connection.execute(text("SELECT name FROM sqlite_master")).scalars())
    functions = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    triggers = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    found = {name for query in (functions, triggers) for name in connection.execute(text(query)).scalars()}
    return found | set(inspect(connection).get_table_names())
