"""Files that were validated before their numbers were kept get them from their verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import select

from accession.files.measures import measured
from accession.files.models import File, QcNumber
from app.db import migrate as migrations
from tests.jobs.test_due_work import add_file

if TYPE_CHECKING:
    from app.wiring import Wiring

pytestmark = pytest.mark.anyio

READS = {"records": 12, "bases": 1800, "mean_length": 150.0, "gc_percent": 41.5, "n_percent": 0.0, "q30_percent": 91.2}
READS |= {"quality_encoding": "phred33", "q20_percent": None}


async def with_verdict(wiring: Wiring, person: Any, verdict: dict[str, Any] | None) -> Any:
    file_id = await add_file(wiring, person)
    async with wiring.writing() as unit:
        (await unit.session.get(File, file_id)).verdict = verdict
    return file_id


async def test_verdicts_of_before_give_their_numbers(wiring: Wiring, alice: Any) -> None:
    reads = await with_verdict(wiring, alice, {"valid": True, "counts": READS})
    called = await with_verdict(wiring, alice, {"valid": True, "counts": {"variants": 7, "ti_tv": 2.1}})
    await with_verdict(wiring, alice, {"valid": False, "counts": READS})
    await with_verdict(wiring, alice, {"valid": True})
    await with_verdict(wiring, alice, None)
    async with wiring.engines.write.connect() as connection:
        await connection.run_sync(lambda sync: command.downgrade(migrations._config(sync), "0001"))
        await connection.run_sync(lambda sync: command.upgrade(migrations._config(sync), "head"))
        await connection.commit()
    async with wiring.reading() as unit:
        rows = (await unit.session.execute(select(QcNumber.file_id, QcNumber.name, QcNumber.value))).all()
    found: dict[Any, dict[str, float]] = {}
    for file_id, name, value in rows:
        found.setdefault(file_id, {})[name] = value
    assert found == {reads: measured(READS), called: {"variants": 7.0, "ti_tv": 2.1}}
