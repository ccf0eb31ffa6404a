"""The schema: made empty, taken down and up, equal to the models, and refused where it is foreign or newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from sqlalchemy import text

from app.db import migrate as migrations
from app.db.migrate import SchemaProblem, migrate, require_current

if TYPE_CHECKING:
    from app.wiring import Wiring

pytestmark = pytest.mark.anyio


async def test_the_models_equal_the_migrations(wiring: Wiring) -> None:
    async with wiring.engines.write.connect() as connection:
        assert await connection.run_sync(migrations._state) == "current"
        await connection.run_sync(lambda sync: command.check(migrations._config(sync)))


async def test_the_schema_goes_down_and_up_again(wiring: Wiring) -> None:
    async with wiring.engines.write.connect() as connection:
        await connection.run_sync(lambda sync: command.downgrade(migrations._config(sync), "base"))
        await connection.commit()
        assert await connection.run_sync(migrations._state) == "empty"
    assert await migrate(wiring.engines.write, "NFDP") == "empty"
    await require_current(wiring.engines.write, "NFDP")


async def test_a_newer_database_is_refused(wiring: Wiring) -> None:
    async with wiring.engines.write.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'ffff'"))
    with pytest.raises(SchemaProblem, match="newer"):
        await migrate(wiring.engines.write, "NFDP")


async def test_a_foreign_database_is_refused(wiring: Wiring) -> None:
    async with wiring.engines.write.begin() as connection:
        await connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(SchemaProblem, match="not SeqArk's"):
        await migrate(wiring.engines.write, "NFDP")


async def test_another_prefix_is_refused_once_the_archive_exists(wiring: Wiring) -> None:
    with pytest.raises(SchemaProblem, match="SEQARK_ACCESSION_PREFIX=NFDP"):
        await require_current(wiring.engines.write, "OTHER")
