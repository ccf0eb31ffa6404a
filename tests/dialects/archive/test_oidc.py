"""Signing in by a real identity provider in a process of its own, and everything that may go wrong on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec
import pytest
from sqlalchemy import func, select, update

from accession.people import inviting
from accession.people.credentials import SignIn
from accession.people.models import Account
from accession.people.rules import AccountRole
from app.asgi import service
from app.oidc import OpenIdProvider
from tests.servers.provider import running_provider

if TYPE_CHECKING:
    from app.settings import Settings

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
LOGIN, CALLBACK, LINK = (f"{V1}/auth/oidc/{call}" for call in ("login", "callback", "link"))
ANA = {"email": "ana@example.org", "email_verified": True, "name": "Ana Example"}


@pytest.fixture(scope="module")
def issuer():
    with running_provider() as (url, _):
        yield url


@pytest.fixture
def settings(settings: Settings, issuer: str) -> Settings:
    return msgspec.structs.replace(
        settings,
        oidc_issuer=issuer,
        oidc_client_id="seqark",
        oidc_client_secret="s3cret/+",
        public_url="http://archive.test",
    )


@pytest.fixture
async def provider(issuer):
    """A browser's view of the provider."""
    async with httpx.AsyncClient(base_url=issuer) as client:
        yield client


async def begun(api):
    answer = await api.get(LOGIN)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def agreed(provider, address, claims=ANA, subject="ana-1"):
    """What the provider sends back when somebody signs in there."""
    await provider.put(f"/users/{subject}", json=claims)
    answer = await provider.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    location = urlsplit(answer.headers["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == f"http://archive.test{CALLBACK}"
    return {name: values[0] for name, values in parse_qs(location.query).items()}


async def signed_in(api, provider, claims=ANA, subject="ana-1"):
    return await api.get(CALLBACK, params=await agreed(provider, await begun(api), claims, subject))


def changed(address, **parameters):
    """The provider's page with other parameters."""
    url = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(url.query).items()} | parameters
    return url._replace(query=urlencode(query)).geturl()


def code_of(answer):
    return answer.status_code, answer.json()["code"]


async def test_the_way_there_is_bound_to_the_browser_and_tells_no_secret(api, wiring, issuer):
    answer = await api.get(LOGIN)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert answer.headers["location"].startswith(f"{issuer}/oauth2/authorize?")
    assert (query["response_type"], query["code_challenge_method"], query["client_id"]) == (
        ["code"],
        ["S256"],
        ["seqark"],
    )
    assert {"nonce", "state", "code_challenge"} <= query.keys()
    assert set(query["scope"][0].split()) == {"openid", "email", "profile"}
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert f"path={V1}/auth/oidc" in cookie
    assert "max-age=600" in cookie
    assert "secure" not in cookie.replace("seqark_sign_in", "")
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    wiring.settings = msgspec.structs.replace(wiring.settings, public_url="https://archive.test")
    assert "; secure" in (await api.get(LOGIN)).headers["set-cookie"].lower()


async def test_somebody_new_is_signed_in_as_a_login_does_and_known_the_next_time(api, provider):
    answer = await signed_in(api, provider)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert 'seqark_sign_in=""' in answer.headers["set-cookie"] or "max-age=0" in answer.headers["set-cookie"].lower()
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    me = await api.get(f"{V1}/auth/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert (me.json()["email"], me.json()["full_name"]) == ("ana@example.org", "Ana Example")
    refreshed = await api.post(f"{V1}/auth/refresh", json={"refresh_token": body["refresh_token"]})
    assert refreshed.status_code == 200
    again = (await signed_in(api, provider)).json()["access_token"]
    assert (await api.get(f"{V1}/auth/me", headers={"Authorization": f"Bearer {again}"})).json()["id"] == me.json()[
        "id"
    ]


async def test_a_callback_comes_once_and_only_with_its_own_state(api, provider, clock):
    back = await agreed(provider, await begun(api))
    for wrong in (back | {"state": "another"}, {"code": back["code"]}, back | {"state": "nul\0\N{SNOWMAN}"}):
        assert code_of(await api.get(CALLBACK, params=wrong)) == (400, "sign_in_lost")
    assert (await api.get(CALLBACK, params=back)).status_code == 200
    assert code_of(await api.get(CALLBACK, params=back)) == (400, "sign_in_lost")
    late = await agreed(provider, await begun(api))
    clock.advance(minutes=10)
    assert code_of(await api.get(CALLBACK, params=late)) == (400, "sign_in_lost")


async def test_a_replay_with_the_cookie_still_there_is_refused_too(api, provider):
    back = await agreed(provider, await begun(api))
    kept = dict(api.cookies)
    assert (await api.get(CALLBACK, params=back)).status_code == 200
    api.cookies.update(kept)
    assert dict(api.cookies) == kept
    assert code_of(await api.get(CALLBACK, params=back)) == (400, "sign_in_lost")


async def test_a_sign_in_that_another_browser_began_signs_nobody_in(api, wiring, provider):
    back = await agreed(provider, await begun(api))
    transport = httpx.ASGITransport(app=service(wiring))
    async with httpx.AsyncClient(transport=transport, base_url="http://archive.test") as victim:
        assert code_of(await victim.get(CALLBACK, params=back)) == (400, "sign_in_lost")
        own = await begun(victim)
        assert own
        assert code_of(await victim.get(CALLBACK, params=back)) == (400, "sign_in_lost")
    assert (await api.get(CALLBACK, params=back)).status_code == 200


async def test_a_code_of_another_sign_in_is_no_use(api, provider):
    stolen = await agreed(provider, await begun(api))
    back = await agreed(provider, await begun(api))
    answer = await api.get(CALLBACK, params=back | {"code": stolen["code"]})
    assert code_of(answer) == (401, "sign_in_refused")


async def test_an_id_token_with_another_nonce_is_refused(api, wiring, provider):
    back = await agreed(provider, changed(await begun(api), nonce="another"))
    assert code_of(await api.get(CALLBACK, params=back)) == (401, "invalid_id_token")
    async with wiring.reading() as unit:
        assert await unit.session.scalar(select(func.count()).select_from(Account)) == 0


async def test_somebody_who_does_not_agree_is_told_so(api, provider):
    answer = await provider.post(await begun(api), data={"sub": "ana-1", "action": "deny"})
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    back = {
        "error": query["error"][0],
        "state": dict(api.cookies)["seqark_sign_in"],
        "session_state": "of the provider",
    }
    assert code_of(await api.get(CALLBACK, params=back)) == (401, "sign_in_refused")


async def test_an_unverified_address_takes_no_account_over_but_its_owner_links_it(api, wiring, provider, alice):
    claims = {"email": alice.email, "email_verified": False}
    refused = await signed_in(api, provider, claims, "mallory")
    assert code_of(refused) == (409, "link_needed")
    assert "/auth/oidc/link" in refused.json()["detail"]
    verified = await signed_in(api, provider, claims | {"email_verified": True}, "mallory")
    assert code_of(verified) == (409, "link_needed")
    linking = await api.post(LINK, headers=alice.headers)
    assert linking.status_code == 200
    back = await agreed(provider, linking.json()["authorization_url"], claims, "alice-there")
    linked = await api.get(CALLBACK, params=back)
    assert linked.status_code == 200, linked.text
    token = (await signed_in(api, provider, claims, "alice-there")).json()["access_token"]
    me = await api.get(f"{V1}/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["id"] == str(alice.id)


async def test_an_address_that_both_sides_verified_links_by_itself(api, wiring, provider, alice):
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(email_verified=True))
    claims = {"email": alice.email, "email_verified": True}
    token = (await signed_in(api, provider, claims, "alice-verified")).json()["access_token"]
    me = await api.get(f"{V1}/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["id"] == str(alice.id)


async def test_only_somebody_who_logged_in_links(api, alice):
    assert (await api.post(LINK)).status_code == 401
    made = await api.post(f"{V1}/auth/tokens", json={"name": "x", "scopes": ["write"]}, headers=alice.headers)
    answer = await api.post(LINK, headers={"Authorization": f"Bearer {made.json()['token']}"})
    assert code_of(answer) == (403, "insufficient_scope")


async def test_where_registration_is_closed_nobody_new_comes_in(api, wiring, provider):
    wiring.settings = msgspec.structs.replace(wiring.settings, registration="closed")
    assert code_of(await signed_in(api, provider, ANA, "newcomer")) == (403, "registration_closed")


async def test_an_invitation_goes_along_and_comes_back(api, wiring, provider, admin):
    wiring.settings = msgspec.structs.replace(wiring.settings, registration="invite")
    async with wiring.writing(admin.actor) as unit:
        made = await inviting.invite_to_archive(unit, "invited@example.org", AccountRole.VIEWER)
    assert code_of(await signed_in(api, provider, ANA, "uninvited")) == (403, "registration_closed")
    away = (await api.get(LOGIN, params={"invitation": made.token})).headers["location"]
    assert made.token not in away
    back = await agreed(provider, away, {"email": "invited@example.org"}, "invited")
    answer = await api.get(CALLBACK, params=back)
    assert answer.status_code == 200, answer.text
    me = await api.get(f"{V1}/auth/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"})
    assert (me.json()["email"], me.json()["role"]) == ("invited@example.org", "viewer")
    assert (await api.get(LOGIN, params={"invitation": "x" * 129})).status_code == 400


async def test_an_answer_in_the_name_of_another_provider_is_refused(api, provider, issuer):
    back = await agreed(provider, await begun(api))
    assert code_of(await api.get(CALLBACK, params=back | {"iss": "https://other.example.org"})) == (
        401,
        "sign_in_refused",
    )
    back = await agreed(provider, await begun(api))
    assert (await api.get(CALLBACK, params=back | {"iss": issuer})).status_code == 200


async def test_a_new_key_of_the_provider_is_fetched_when_a_token_names_it(api, provider, monkeypatch):
    monkeypatch.setattr("app.oidc.PAUSE", 0.0)
    assert (await signed_in(api, provider)).status_code == 200
    assert (await provider.post("/rotate")).status_code == 200
    assert (await signed_in(api, provider)).status_code == 200


async def test_a_provider_that_is_down_is_told_as_503(api, wiring):
    with running_provider() as (url, process):
        wiring.provider = OpenIdProvider(url, "seqark", "secret")
        async with httpx.AsyncClient(base_url=url) as provider:
            back = await agreed(provider, await begun(api))
        process.kill()
        process.wait()
        answer = await api.get(CALLBACK, params=back)
        assert code_of(answer) == (503, "oidc_unavailable")
        assert answer.headers["retry-after"]
        await wiring.provider.close()
    wiring.provider = OpenIdProvider(url, "seqark", "secret")
    assert code_of(await api.get(LOGIN)) == (503, "oidc_unavailable")
    async with wiring.reading() as unit:
        assert await unit.session.scalar(select(func.count()).select_from(SignIn)) == 0


async def test_a_provider_of_another_name_is_not_believed(api, wiring, issuer):
    wiring.provider = OpenIdProvider(issuer.replace("localhost", "127.0.0.1"), "seqark", "secret")
    assert (await api.get(LOGIN)).status_code == 302  # its documents name the address that it was asked at
    await wiring.provider.close()
    wiring.provider = OpenIdProvider(f"{issuer}/", "seqark", "secret")
    assert code_of(await api.get(LOGIN)) == (503, "oidc_unavailable")


async def test_without_a_provider_there_is_none(api, wiring, alice):
    await wiring.provider.close()
    wiring.provider = None
    for answer in (await api.get(LOGIN), await api.get(CALLBACK, params={"state": "x", "code": "y"})):
        assert code_of(answer) == (404, "oidc_not_configured")
    assert code_of(await api.post(LINK, headers=alice.headers)) == (404, "oidc_not_configured")
