"""The OpenAPI document and the pages that show it: valid, complete, with examples that hold, and from one host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from jsonschema_rs import validator_for
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from app.api.archive.app import archive_app
from app.api.archive.document import finished
from app.api.archive.examples.all import BODIES
from app.settings import Settings
from app.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    import httpx

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
METHODS = {"get", "head", "post", "put", "patch", "delete"}


@pytest.fixture
async def document(tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    wiring = Wiring(Settings(data_dir=tmp_path, s3_endpoint="none", secret_key="k" * 40))
    yield finished(archive_app(wiring).openapi_schema.to_schema())
    await wiring.close()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        yield from ((f"{method} {path}", operation) for method, operation in methods.items() if method in METHODS)


async def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    plain = msgspec.json.decode(msgspec.json.encode(document))
    faults = [f"{list(e.instance_path)}: {e.message[:200]}" for e in OPENAPI_31_VALIDATOR.iter_errors(plain)]
    assert faults == []


async def test_every_operation_is_named_told_and_says_who_may_call_it(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))
    for call, operation in operations(document):
        assert operation["summary"], call
        assert operation["description"], call
        assert operation["security"], call
        assert set(operation["tags"]) <= tags, call


async def test_every_refusal_is_a_problem_document_or_a_tombstone(document: dict[str, Any]) -> None:
    for call, operation in operations(document):
        assert {"400", "401"} <= operation["responses"].keys(), call
        for status, response in operation["responses"].items():
            expected = "application/json" if status == "410" else "application/problem+json"
            assert status < "400" or list(response["content"]) == [expected], (call, status)


async def test_every_body_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    shown = 0
    for call, operation in operations(document):
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (body for part in contents for body in part.get("content", {}).items()):
            media_type, body = content
            if "json" not in media_type or call.endswith("/schema"):
                continue
            schema = {**body["schema"], "components": document["components"]}
            faults = [e.message for e in validator_for(plain(schema)).iter_errors(plain(body["example"]))]
            assert faults == [], (call, media_type)
            shown += 1
    assert shown > 100


def plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
async def test_an_example_reads_as_its_own_kind(kind: type[Any]) -> None:
    assert msgspec.json.decode(msgspec.json.encode(BODIES[kind]), type=kind) == BODIES[kind]


@pytest.mark.parametrize("database", ["sqlite"])
async def test_the_example_bodies_make_records(api: httpx.AsyncClient, alice: Any) -> None:
    paths = (await api.get(f"{V1}/openapi.json")).json()["paths"]
    for plural in ("projects", "subjects", "samples", "experiments"):
        body = paths[f"/{plural}"]["post"]["requestBody"]["content"]["application/json"]["example"]
        answer = await api.post(f"{V1}/{plural}", json=body, headers=alice.headers)
        assert answer.status_code == 201, (plural, answer.text)


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("page", ["docs", "docs/redoc"])
async def test_a_page_of_the_documentation_asks_no_other_host(api: httpx.AsyncClient, page: str) -> None:
    answer = await api.get(f"{V1}/{page}")
    assert answer.status_code == 200
    addresses = re.findall(r'(?:src|href|data-openapi)="([^"]+)"', answer.text)
    assert len(addresses) >= 4
    for address in addresses:
        assert address.startswith(f"{V1}/"), address
        asset = await api.get(address)
        assert asset.status_code == 200, address
        assert b'src:"http' not in asset.content, address
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "http" not in policy
    assert "*" not in policy
