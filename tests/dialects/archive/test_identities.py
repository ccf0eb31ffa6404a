"""The identities of an account: its owner lists and unlinks them, nobody else does, and the last way in stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from accession.people import identities
from accession.people.identities import Vouched
from accession.people.models import Account

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
MINE = "/api/v1/auth/identities"
ANA = Vouched("https://id.example.org", "ana-1", "ana@elsewhere.org", email_verified=True)


@pytest.fixture
async def linked(wiring: Wiring, api: httpx.AsyncClient, alice: Any) -> str:
    """The id of an identity that is linked to Alice."""
    async with wiring.writing(alice.actor) as unit:
        await identities.link(unit, alice.id, ANA)
    listed = (await api.get(MINE, headers=alice.headers)).json()
    assert [(one["issuer"], one["email"]) for one in listed] == [(ANA.issuer, ANA.email)]
    return listed[0]["id"]


async def test_an_unlinked_identity_speaks_for_the_account_no_more(
    wiring: Wiring, api: httpx.AsyncClient, alice: Any, bob: Any, linked: str
) -> None:
    assert (await api.get(MINE, headers=bob.headers)).json() == []
    assert (await api.delete(f"{MINE}/{linked}", headers=bob.headers)).status_code == 404
    assert (await api.delete(f"{MINE}/{linked}", headers=alice.headers)).status_code == 204
    assert (await api.delete(f"{MINE}/{linked}", headers=alice.headers)).status_code == 404
    async with wiring.writing() as unit:
        assert await identities.account_known_as(unit, ANA) is None


async def test_an_account_without_a_password_keeps_its_identity(
    wiring: Wiring, api: httpx.AsyncClient, alice: Any, linked: str
) -> None:
    async with wiring.writing() as unit:
        (await unit.session.get_one(Account, alice.id)).password_hash = None
    refused = await api.delete(f"{MINE}/{linked}", headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_password")
    assert len((await api.get(MINE, headers=alice.headers)).json()) == 1
