"""Messages of a laboratory's system: signed, taken once and whole, by the rights and rules of an account."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from sqlalchemy import func, select

from accession.audit.models import Event
from accession.lims.models import Delivery
from accession.lims.signature import sign
from app.settings import Settings
from tests.conftest import make_person
from tests.dialects.archive.records import EXPERIMENT, SAMPLE, make_project, make_sample

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
HOOK = f"{V1}/integrations/lims/webhook"
SECRET = b"the laboratory's secret"
SAMPLE_FIELDS = {**SAMPLE, "alias": "cow 1"}
LIBRARY_FIELDS = {
    "alias": "cow 1 wgs",
    "platform": "ILLUMINA",
    "library_strategy": "WGS",
    "library_layout": "PAIRED",
    "insert_size": 350,
}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        s3_endpoint="none",
        secret_key="k" * 40,
        lims_secret=f"{SECRET.decode()},an older secret of theirs",
        lims_account="lims@example.org",
    )


@pytest.fixture
async def lims(wiring: Wiring) -> Any:
    """The account that messages act for."""
    return await make_person(wiring, "lims")


async def tell(
    api: httpx.AsyncClient, wiring: Wiring, event: str, delivery: str = "1", *, secret: bytes = SECRET, **told: Any
) -> httpx.Response:
    """Send a signed message."""
    body = {"event": event, "delivery_id": delivery, "occurred_at": "2026-03-02T09:30:00Z", **told}
    raw = msgspec.json.encode(body)
    headers = {"X-SeqArk-Signature": sign(secret, raw, int(wiring.clock.now().timestamp()))}
    return await api.post(HOOK, content=raw, headers={**headers, "Content-Type": "application/json"})


async def registered(api: httpx.AsyncClient, wiring: Wiring, project: str, delivery: str = "1", **more: Any) -> Any:
    sample = {**SAMPLE_FIELDS, "project_accession": project, **more}
    return await tell(api, wiring, "sample_registered", delivery, sample=sample)


async def count(wiring: Wiring, model: Any, *where: Any) -> int:
    async with wiring.reading() as unit:
        return (await unit.session.execute(select(func.count()).select_from(model).where(*where))).scalar_one()


async def one(api: httpx.AsyncClient, who: Any, plural: str, accession: str) -> dict[str, Any]:
    return (await api.get(f"{V1}/{plural}/{accession}", headers=who.headers)).json()


async def test_a_registered_sample_is_made_and_told_again_it_is_changed(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any
) -> None:
    project = await make_project(api, lims)
    made = await registered(api, wiring, project)
    assert made.status_code == 200, made.text
    sample = made.json()["sample_accession"]
    assert made.json() == {
        "delivery_id": "1",
        "event": "sample_registered",
        "result": "created",
        "sample_accession": sample,
        "experiment_accession": None,
        "files": [],
    }
    assert (await one(api, lims, "samples", sample))["alias"] == "cow 1"
    changed = await registered(api, wiring, project, "2", tissue="blood", custom_fields={"ward": "7"})
    assert (changed.json()["result"], changed.json()["sample_accession"]) == ("updated", sample)
    told = await one(api, lims, "samples", sample)
    assert (told["tissue"], told["custom_fields"]) == ("blood", {"ward": "7"})
    same = await registered(api, wiring, project, "3", tissue="blood")
    assert same.json()["result"] == "unchanged"


async def test_a_library_is_prepared_and_its_instrument_is_told_when_it_is_sequenced(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any
) -> None:
    project = await make_project(api, lims)
    sample = (await registered(api, wiring, project)).json()["sample_accession"]
    made = await tell(api, wiring, "library_prepared", "2", sample={"alias": "cow 1"}, library=LIBRARY_FIELDS)
    assert made.status_code == 200, made.text
    experiment = made.json()["experiment_accession"]
    told = await one(api, lims, "experiments", experiment)
    assert (told["sample_accession"], told["instrument_model"], told["library_source"]) == (
        sample,
        "unspecified",
        "GENOMIC",
    )
    more = {"alias": "cow 1 wgs", "library_name": "L7"}
    named = {"alias": "cow 1", "project_accession": project}
    again = await tell(api, wiring, "library_prepared", "3", sample=named, library=more)
    assert (again.json()["result"], again.json()["experiment_accession"]) == ("updated", experiment)
    sequencing = {"platform": "ILLUMINA", "instrument_model": EXPERIMENT["instrument_model"]}
    reference = {"sample": named, "library": {"alias": "cow 1 wgs"}}
    done = await tell(api, wiring, "sequencing_complete", "4", **reference, sequencing=sequencing)
    assert (done.status_code, done.json()["result"]) == (200, "updated")
    told = await one(api, lims, "experiments", experiment)
    assert (told["instrument_model"], told["library_name"]) == (EXPERIMENT["instrument_model"], "L7")


async def test_the_same_delivery_answers_the_same_and_does_nothing_again(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any
) -> None:
    project = await make_project(api, lims)
    first = await registered(api, wiring, project)
    await registered(api, wiring, project, "2", tissue="blood")
    again = await registered(api, wiring, project)
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await one(api, lims, "samples", first.json()["sample_accession"]))["tissue"] == "blood"
    other = await registered(api, wiring, project, tissue="milk")
    assert (other.status_code, other.json()["code"]) == (409, "delivery_id_reused")
    assert await count(wiring, Delivery) == 2
    assert await count(wiring, Event, Event.verb == "lims_delivery") == 2


async def test_deliveries_at_the_same_moment_make_one_sample(api: httpx.AsyncClient, wiring: Wiring, lims: Any) -> None:
    project = await make_project(api, lims)
    answers = await asyncio.gather(*(registered(api, wiring, project) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert (await api.get(f"{V1}/samples")).headers["x-total-count"] == "1"


@pytest.mark.parametrize("header", ["", "t=1,v1=00", "stale", "other"])
async def test_what_is_not_signed_or_stale_is_refused_before_it_is_read(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any, header: str
) -> None:
    body = b"no JSON at all"
    now = int(wiring.clock.now().timestamp())
    signed = {"stale": sign(SECRET, body, now - 301), "other": sign(b"a secret that nobody has", body, now)}
    answer = await api.post(HOOK, content=body, headers={"X-SeqArk-Signature": signed.get(header, header)})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    answer = await api.post(HOOK, content=body, headers={"X-SeqArk-Signature": sign(SECRET, body, now)})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_a_bearer_token_is_no_signature_and_an_older_secret_is_one(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any, admin: Any
) -> None:
    assert (await api.post(HOOK, json={}, headers=admin.headers)).status_code == 401
    project = await make_project(api, lims)
    sample = {**SAMPLE_FIELDS, "project_accession": project}
    old = await tell(api, wiring, "sample_registered", secret=b"an older secret of theirs", sample=sample)
    assert old.status_code == 200


async def test_a_message_of_more_than_a_megabyte_is_refused(api: httpx.AsyncClient, wiring: Wiring, lims: Any) -> None:
    body = b" " * (2**20 + 1)
    headers = {"X-SeqArk-Signature": sign(SECRET, body, int(wiring.clock.now().timestamp()))}
    assert (await api.post(HOOK, content=body, headers=headers)).status_code == 413


async def test_the_account_has_no_more_rights_than_any_other(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any, alice: Any
) -> None:
    private = await make_project(api, alice, visibility="private")
    public = await make_project(api, alice, alias="public")
    absent, hidden = [await registered(api, wiring, project) for project in ("NFDP-PRJ-000999", private)]
    assert absent.status_code == hidden.status_code == 404
    assert absent.json()["code"] == hidden.json()["code"]
    assert (await registered(api, wiring, public)).status_code == 403
    await make_sample(api, alice, public, alias="cow 1")
    answer = await tell(api, wiring, "library_prepared", sample={"alias": "cow 1"}, library=LIBRARY_FIELDS)
    assert (answer.status_code, answer.json()["issues"][0]["code"]) == (422, "unknown_sample")
    assert await count(wiring, Delivery) == 0


@pytest.mark.parametrize(
    ("event", "told", "code", "field"),
    [
        ("library_prepared", {"sample": {"alias": "cow 1"}, "library": {"alias": "x"}}, "missing_required", "platform"),
        (
            "library_prepared",
            {"sample": {"alias": "cow 1"}, "library": {**LIBRARY_FIELDS, "instrument_model": "Sequel"}},
            "instrument_not_of_platform",
            "instrument_model",
        ),
        (
            "sequencing_complete",
            {"sample": {"alias": "cow 1"}, "library": {"alias": "none"}, "sequencing": {}},
            "unknown_library",
            "library.alias",
        ),
        (
            "sequencing_complete",
            {"sample": {"alias": "none"}, "library": {"alias": "none"}, "sequencing": {}},
            "unknown_sample",
            "sample.alias",
        ),
    ],
)
async def test_what_is_not_acceptable_is_told_and_leaves_no_trace(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any, event: str, told: dict[str, Any], code: str, field: str
) -> None:
    project = await make_project(api, lims)
    await registered(api, wiring, project)
    answer = await tell(api, wiring, event, "2", **told)
    assert answer.status_code == 422, answer.text
    assert (code, field) in {(issue["code"], issue.get("field")) for issue in answer.json()["issues"]}
    assert await count(wiring, Delivery) == 1
    faulty = await registered(api, wiring, project, "2", tax_id=None)
    assert faulty.status_code == 400
    assert (await registered(api, wiring, project, "2")).status_code == 200


async def test_a_field_that_nobody_knows_is_refused(api: httpx.AsyncClient, wiring: Wiring, lims: Any) -> None:
    project = await make_project(api, lims)
    answer = await registered(api, wiring, project, tisue="blood")
    assert (answer.status_code, "tisue" in answer.json()["detail"]) == (400, True)
    answer = await tell(api, wiring, "sample_eaten", sample={})
    assert answer.status_code == 400


async def test_without_its_account_the_archive_asks_to_try_later(api: httpx.AsyncClient, wiring: Wiring) -> None:
    answer = await registered(api, wiring, "NFDP-PRJ-000001")
    assert (answer.status_code, answer.json()["code"]) == (503, "lims_account_missing")
    assert answer.headers["Retry-After"]
