"""`seqark audit`: its exit codes, what it prints, and that it reads a long audit in little memory."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from app.wiring import Wiring
from tests.audit.events import add_events, sealed_events, tamper

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.settings import Settings
    from tests.cli.conftest import Seqark


def before(settings: Settings, *steps: Callable[[Wiring], Awaitable[Any]]) -> dict[str, Any]:
    """Do the steps in the archive of `settings`; what `seqark` needs to find it."""

    async def run() -> None:
        wiring = Wiring(settings)
        for step in steps:
            await step(wiring)
        await wiring.close()

    asyncio.run(run())
    return {"database_url": settings.database_url or None, "s3_endpoint": "none"}


@pytest.fixture
def archive(settings: Settings) -> dict[str, Any]:
    """Three sealed events and one that waits."""
    return before(settings, lambda wiring: sealed_events(wiring, 3), lambda wiring: add_events(wiring, 1))


def test_an_intact_audit_exits_0_and_tells_its_head(seqark: Seqark, archive: dict[str, Any]) -> None:
    said = seqark("audit", "verify", **archive)
    assert said.code == 0, said
    assert "Intact: 3 events; 1 wait" in said.out
    head = seqark("audit", "head", **archive)
    assert head.code == 0
    assert head.out.startswith("3:")
    assert head.out.strip() in said.out
    told = json.loads(seqark("audit", "head", "--json", **archive).out)
    assert (f"{told['number']}:{told['digest']}", told["unsealed"]) == (head.out.strip(), 1)
    assert seqark("audit", "verify", "--head", head.out.strip(), **archive).code == 0


def test_a_tampered_audit_exits_1_and_names_the_first_row(
    seqark: Seqark, settings: Settings, archive: dict[str, Any]
) -> None:
    before(settings, lambda wiring: tamper(wiring, "UPDATE events SET verb = 'x' WHERE seal_number >= 2"))
    said = seqark("audit", "verify", **archive)
    assert said.code == 1
    assert "TAMPERED: Event 2 " in said.out
    assert "NFDP-SAM-000002" in said.out
    told = json.loads(seqark("audit", "verify", "--json", **archive).out)
    assert (told["intact"], told["checked"], told["fault"]["number"], told["fault"]["code"]) == (False, 1, 2, "altered")


def test_what_cannot_be_read_or_was_called_wrongly_exits_2(seqark: Seqark, archive: dict[str, Any]) -> None:
    nowhere = seqark("audit", "verify", database_url="postgresql://nobody@127.0.0.1:9/none", s3_endpoint="none")
    assert nowhere.code == 2
    assert nowhere.err.startswith("Error: The database does not answer")
    wrong = seqark("audit", "verify", "--head", "3:zz", **archive)
    assert wrong.code == 2
    assert "is no head" in wrong.err


def test_a_head_from_elsewhere_that_the_chain_does_not_pass_exits_1(seqark: Seqark, archive: dict[str, Any]) -> None:
    said = seqark("audit", "verify", "--head", f"3:{'a' * 64}", **archive)
    assert said.code == 1
    assert "Event 3 " in said.out
