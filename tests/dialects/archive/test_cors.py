"""Cross-origin calls: only the origins that are named, on every answer, and never any origin with credentials."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from app.asgi import service
from app.settings import UnsafeSettings, from_environment
from app.wiring import Wiring
from tests.dialects.archive.records import PROJECT, make_project

pytestmark = pytest.mark.anyio

V1 = "/api/v1"
OURS, THEIRS = "https://lab.example.org", "https://evil.example"
ALLOWED = "access-control-allow-origin"


@pytest.fixture
def settings(settings):
    changes = {"cors_origins": [OURS, "http://127.0.0.1:3000"], "cors_credentials": True}
    return msgspec.structs.replace(settings, rate_limits=["archive"], rate_searches=1, **changes)


async def test_every_answer_names_the_origin_refusals_included(wiring, api, alice, bob):
    accession = await make_project(api, alice)
    from_us = {"Origin": OURS}
    signed = {**from_us, **alice.headers}
    asked = {
        200: await api.get(f"{V1}/projects/{accession}", headers=from_us),
        201: await api.post(f"{V1}/projects", json=PROJECT, headers=signed),
        400: await api.get(f"{V1}/projects?nonsense=1", headers=from_us),
        401: await api.get(f"{V1}/auth/me", headers={**from_us, "Authorization": "Bearer nonsense"}),
        403: await api.patch(f"{V1}/projects/{accession}", json={}, headers={**from_us, **bob.headers}),
        404: await api.get(f"{V1}/nowhere", headers=from_us),
        405: await api.put(f"{V1}/projects", headers=signed),
        422: await api.get(f"{V1}/projects/nonsense", headers=from_us),
    }
    for _ in range(2):
        asked[429] = await api.get(f"{V1}/search?q=x", headers=from_us)
    for status, answer in asked.items():
        assert answer.status_code == status, answer.text
        assert answer.headers[ALLOWED] == OURS, status
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in answer.headers["vary"]
        assert "*" not in "".join(v for k, v in answer.headers.items() if k.startswith("access-control")), status


async def test_what_a_page_needs_to_read_is_exposed(api):
    answer = await api.get(f"{V1}/projects", headers={"Origin": OURS})
    exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    wanted = {"ETag", "Link", "Retry-After", "X-Request-ID", "X-Total-Count", "Idempotency-Replayed"}
    assert exposed >= wanted | {f"X-RateLimit-{name}" for name in ("Limit", "Remaining", "Reset")}


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
async def test_a_preflight_is_answered_for_every_method_and_header_of_the_dialect(api, method):
    asked = {"Origin": OURS, "Access-Control-Request-Method": method}
    asked["Access-Control-Request-Headers"] = "authorization, content-type, if-match, idempotency-key, x-request-id"
    answer = await api.options(f"{V1}/projects/NFDP-PRJ-000001", headers=asked)
    assert answer.status_code == 204
    assert answer.headers[ALLOWED] == OURS
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    allowed = {name.lower() for name in answer.headers["access-control-allow-headers"].split(", ")}
    assert allowed >= {"authorization", "content-type", "if-match", "idempotency-key", "x-request-id"}
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")], "a preflight is free"


@pytest.mark.parametrize(
    "origin", [THEIRS, "https://lab.example.org.evil.example", "https://labXexample.org", "null", f"{OURS}:8443"]
)
async def test_another_origin_is_not_named(api, origin):
    asked = {"Origin": origin, "Access-Control-Request-Method": "DELETE"}
    preflight = await api.options(f"{V1}/projects", headers=asked)
    answer = await api.get(f"{V1}/projects", headers={"Origin": origin})
    assert preflight.status_code == 400
    for told in (preflight, answer):
        assert ALLOWED not in told.headers
    assert "Origin" in answer.headers["vary"]


async def test_a_header_or_method_that_nobody_needs_is_refused(api):
    asked = {
        "Origin": OURS,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-forwarded-for",
    }
    assert (await api.options(f"{V1}/projects", headers=asked)).status_code == 400
    asked = {"Origin": OURS, "Access-Control-Request-Method": "TRACE"}
    assert (await api.options(f"{V1}/projects", headers=asked)).status_code == 400


async def test_pages_of_tools_and_the_tokens_of_machines_are_for_no_other_origin(api):
    for method, path in (
        ("GET", "/qc/NFDP-RUN-000001/fastqc_report.html"),
        ("POST", "/oauth2/token"),
        ("GET", "/health"),
    ):
        answer = await api.request(method, path, headers={"Origin": OURS})
        assert ALLOWED not in answer.headers, path
    preflight = {"Origin": OURS, "Access-Control-Request-Method": "POST"}
    assert ALLOWED not in (await api.options("/oauth2/token", headers=preflight)).headers


async def test_any_origin_may_be_allowed_but_then_without_credentials(settings):
    wiring = Wiring(msgspec.structs.replace(settings, cors_origins=["*"], cors_credentials=False))
    try:
        transport = httpx.ASGITransport(app=service(wiring))
        async with httpx.AsyncClient(transport=transport, base_url="http://archive.test") as api:
            answer = await api.get(f"{V1}/projects", headers={"Origin": THEIRS})
            assert answer.headers[ALLOWED] == "*"
            assert "access-control-allow-credentials" not in answer.headers
    finally:
        await wiring.close()


async def test_without_the_setting_no_origin_is_named(settings):
    wiring = Wiring(msgspec.structs.replace(settings, cors_origins=[], cors_credentials=False))
    try:
        transport = httpx.ASGITransport(app=service(wiring))
        async with httpx.AsyncClient(transport=transport, base_url="http://archive.test") as api:
            asked = {"Origin": OURS, "Access-Control-Request-Method": "GET"}
            for answer in (
                await api.get(f"{V1}/projects", headers=asked),
                await api.options(f"{V1}/projects", headers=asked),
            ):
                assert not [name for name in answer.headers if name.startswith("access-control")]
    finally:
        await wiring.close()


@pytest.mark.parametrize(
    "origins",
    ["https://*.example.org", "lab.example.org", "https://lab.example.org/", "null", "file://", "https://a@b"],
)
def test_what_is_no_plain_origin_is_refused_at_the_start(origins):
    with pytest.raises(UnsafeSettings, match="SEQARK_CORS_ORIGINS"):
        from_environment({"SEQARK_CORS_ORIGINS": origins})


def test_any_origin_with_credentials_is_refused_at_the_start():
    for origins in ("*", "https://lab.example.org,*"):
        with pytest.raises(UnsafeSettings, match="SEQARK_CORS_CREDENTIALS"):
            from_environment({"SEQARK_CORS_ORIGINS": origins, "SEQARK_CORS_CREDENTIALS": "true"})
