"""Addresses and schemes are those that trusted proxies tell; anybody else may write what they like into a header."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from accession.audit.models import Event
from app.asgi import service
from app.http.proxies import Proxies
from app.settings import UnsafeSettings, from_environment
from app.wiring import Wiring
from tests.dialects.archive.records import make_project

pytestmark = pytest.mark.anyio

V1 = "/api/v1"
PROXY, CALLER = "10.1.2.3", "203.0.113.9"


def client_from(wiring: Wiring, peer: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=service(wiring), client=(peer, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://archive.test")


def seen(peer: str, *forwarded: str, trusted=("10.0.0.0/8", "2001:db8::1"), proto: str | None = None):
    """The caller and the scheme of a request from `peer`."""
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scope = Proxies(trusted).looked_through({"client": (peer, 1), "scheme": "http", "headers": headers})
    return scope["client"][0], scope["scheme"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        (PROXY, [CALLER], CALLER),
        (PROXY, [f"1.1.1.1, {CALLER}"], CALLER),
        (PROXY, ["1.1.1.1", CALLER], CALLER),
        (PROXY, [f"1.1.1.1, {CALLER}, 10.9.9.9"], CALLER),
        (PROXY, [f"{CALLER}:5123"], CALLER),
        (PROXY, ["[2001:db8::9]:443"], "2001:db8::9"),
        (PROXY, ["::ffff:203.0.113.9"], CALLER),
        ("::ffff:10.1.2.3", [CALLER], CALLER),
        ("2001:db8::1", [CALLER], CALLER),
        (PROXY, ["10.7.7.7"], "10.7.7.7"),
        (PROXY, [f"{CALLER}, unknown"], PROXY),
        (PROXY, [f"{CALLER}, {'9' * 5000}"], PROXY),
        (PROXY, [f"{CALLER}, nonsense, 10.9.9.9"], "10.9.9.9"),
        (PROXY, [""], PROXY),
        (PROXY, [], PROXY),
        (CALLER, ["1.1.1.1"], CALLER),
        ("127.0.0.1", ["1.1.1.1"], "127.0.0.1"),
        ("2001:db8::2", ["1.1.1.1"], "2001:db8::2"),
    ],
)
def test_the_caller_is_the_last_address_that_no_trusted_proxy_has(peer, forwarded, caller):
    assert seen(peer, *forwarded)[0] == caller


@pytest.mark.parametrize(
    ("peer", "proto", "scheme"),
    [
        (PROXY, "https", "https"),
        (PROXY, "HTTPS", "https"),
        (PROXY, "https, http", "http"),
        (PROXY, "javascript", "http"),
        (CALLER, "https", "http"),
    ],
)
def test_the_scheme_is_told_by_trusted_proxies_alone(peer, proto, scheme):
    assert seen(peer, CALLER, proto=proto)[1] == scheme


def test_without_the_setting_nobody_is_believed_not_even_this_machine():
    assert seen("127.0.0.1", CALLER, trusted=(), proto="https") == ("127.0.0.1", "http")


@pytest.mark.parametrize(
    "value", ["10.0.0", "10.0.0.1/8", "proxy.example.org", "10.0.0.0/33", "*", "0.0.0.0/0", "::/0"]
)
def test_a_malformed_or_boundless_proxy_is_refused_at_the_start(value):
    with pytest.raises(UnsafeSettings, match="SEQARK_TRUSTED_PROXIES"):
        from_environment({"SEQARK_TRUSTED_PROXIES": f"192.0.2.1,{value}"})


async def audited_address(wiring, alice, peer, headers):
    """The address that the audit has of a creation."""
    async with client_from(wiring, peer) as api:
        alice.headers |= headers
        subject = await make_project(api, alice)
    async with wiring.reading() as unit:
        from sqlalchemy import select

        return (await unit.session.scalars(select(Event.address).where(Event.subject == subject))).one()


async def test_the_audit_has_the_address_behind_a_trusted_proxy_and_no_feigned_one(wiring, settings, alice):
    trusting = Wiring(msgspec.structs.replace(settings, trusted_proxies=[PROXY]))
    try:
        feigned = {"X-Forwarded-For": f"198.51.100.1, {CALLER}"}
        assert await audited_address(trusting, alice, PROXY, feigned) == CALLER
        assert await audited_address(trusting, alice, CALLER, {"X-Forwarded-For": "198.51.100.1"}) == CALLER
        assert await audited_address(wiring, alice, PROXY, feigned) == PROXY
    finally:
        await trusting.close()


async def test_links_have_the_scheme_that_a_trusted_proxy_tells(wiring, settings, alice):
    trusting = Wiring(msgspec.structs.replace(settings, trusted_proxies=[PROXY]))
    try:
        for peer, scheme in ((PROXY, "https"), (CALLER, "http")):
            async with client_from(trusting, peer) as api:
                answer = await api.get(f"{V1}/projects?cursor=", headers={"X-Forwarded-Proto": "https"})
            assert answer.headers["link"].startswith(f"<{scheme}://archive.test/")
    finally:
        await trusting.close()
