"""The API against its own OpenAPI document: no call answers 5xx, or a status, body or header that is not documented."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zlib import crc32

import httpx
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from app.asgi import service
from tests.conftest import make_person
from tests.dialects.archive.records import EXPERIMENT, PROJECT, SAMPLE
from tests.dialects.archive.test_sheets import stage
from tests.servers.local import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.settings import Settings
    from app.wiring import Wiring

V1 = "/api/v1"
# The domain's rules are narrower than a schema can say, a wrong value may read as a good one on the wire, and of two
# things wrong with a call either may be told first.
LEFT_OUT = ("negative_data_rejection", "positive_data_acceptance", "missing_required_header")
KINDS = {"projects": "PRJ", "subjects": "SBJ", "samples": "SAM", "experiments": "EXP", "runs": "RUN"}
KEPT, FOR_REMOVAL, WITHDRAWN = 1, 2, 3


async def seeded(wiring: Wiring) -> dict[str, Any]:
    """An account with three of each record, the last of them withdrawn, and three staged files."""
    alice = await make_person(wiring, "alice")
    transport = httpx.ASGITransport(app=service(wiring))
    async with httpx.AsyncClient(transport=transport, base_url="http://archive.test", headers=alice.headers) as api:
        await stage(wiring, alice, *(f"{number}.fastq.gz" for number in range(6)))
        files = [file["id"] for file in (await api.get(f"{V1}/staging/files")).json()]
        for number in (KEPT, FOR_REMOVAL, WITHDRAWN):
            await _seed_one(api, files[number + 2] if wiring.store is not None else None)
        for plural, kind in KINDS.items():
            answer = await api.delete(f"{V1}/{plural}/{_accession(kind, WITHDRAWN)}")
            assert answer.status_code == 204, answer.text
    return {"headers": alice.headers, "files": files[:3]}


async def _seed_one(api: httpx.AsyncClient, file_id: str | None) -> None:
    """One record of each kind, all below the first ones; without a store the run's file is described."""
    described = {"filename": "1.bam", "file_size": 10, "checksum_md5": "0" * 32, "file_type": "BAM"}
    bodies: dict[str, dict[str, Any]] = {
        "projects": PROJECT,
        "subjects": {"project_accession": _accession("PRJ", KEPT), "organism": "Bos taurus", "tax_id": 9913},
        "samples": {"project_accession": _accession("PRJ", KEPT), **SAMPLE},
        "experiments": {"sample_accession": _accession("SAM", KEPT), **EXPERIMENT},
        "runs": {
            "experiment_accession": _accession("EXP", KEPT),
            **({"file_id": file_id} if file_id is not None else described),
        },
    }
    for plural, body in bodies.items():
        answer = await api.post(f"{V1}/{plural}", json=body)
        assert answer.status_code == 201, answer.text


def _accession(kind: str, number: int) -> str:
    """The first project is the account's own."""
    return f"NFDP-{kind}-{number + 1 if kind == 'PRJ' else number:06d}"


def aim(case: Any, seeds: dict[str, Any]) -> None:
    """Let half of the cases name what exists or existed; what ends a record names what no other call is about."""
    chance = crc32(repr((case.query, case.body, case.path_parameters)).encode()) % 8
    if not case.path_parameters or chance < 4:
        return
    ends = case.method == "DELETE" or case.path.rpartition("/")[2] in {"suppress", "replace", "withdraw"}
    number = FOR_REMOVAL if ends else WITHDRAWN if chance == 7 else KEPT
    kind = KINDS.get(case.path.split("/")[1], "RUN")
    known = {"accession": _accession(kind, number), "checklist": "ERC000011", "file_id": seeds["files"][number - 1]}
    case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}


def run_all(url: str, seeds: dict[str, Any], headers: dict[str, str], **phases: int) -> tuple[list[str], Counter[int]]:
    """Call every operation: so many examples in each of the named phases.

    Answers the faults, each with a call that shows it, and how often each status was answered.
    """
    schema = schemathesis.openapi.from_url(f"{url}{V1}/openapi.json", config=SchemathesisConfig(seed=1))
    schema.config.update(headers=headers, continue_on_failure=True, request_timeout=60)
    schema.config.generation.update(deterministic=True, no_shrink=True)
    for name in ("examples", "coverage", "fuzzing", "stateful"):
        phase = getattr(schema.config.phases, name)
        phase.enabled = name in phases
        phase.generation.update(max_examples=phases.get(name))
    for name in LEFT_OUT:
        getattr(schema.config.checks, name).enabled = False
    schema.config.checks.not_a_server_error.expected_statuses = ["2xx", "3xx", "4xx", "503"]  # 503 only as documented
    faults: dict[str, str] = {}
    statuses: Counter[int] = Counter()
    for event in _aimed(schema, seeds):
        if isinstance(event, events.NonFatalError):
            faults[event.label] = f"{event.label}: {event.info.title} {event.info.message}"
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.ScenarioFinished):
            answers = (call.response for call in event.recorder.interactions.values())
            statuses.update(answer.status_code for answer in answers if answer is not None)
            for title, told in _failures(event.recorder):
                faults.setdefault(title, told)
    return list(faults.values()), statuses


def _aimed(schema: Any, seeds: dict[str, Any]) -> Iterator[Any]:
    """The events of a run whose calls are aimed at the seeds."""

    def before_call(context: Any, case: Any, kwargs: Any) -> None:
        aim(case, seeds)

    schemathesis.hook(before_call)
    try:
        yield from from_schema(schema).execute()
    finally:
        schemathesis.hooks.unregister(before_call)


def _failures(recorder: Any) -> Iterator[tuple[str, str]]:
    """What went wrong in a few words, and at length."""
    for check in (check for checks in recorder.checks.values() for check in checks):
        if check.failure_info is not None:
            failure = check.failure_info.failure
            title = f"{failure.operation}: {failure.title}"
            yield title, f"{title}: {failure.message[:500]}\n  {check.failure_info.code_sample[:1000]}"


@pytest.mark.timeout(900)
def test_signed_in_no_call_answers_what_is_not_documented(settings: Settings, store_server: Any, database: str) -> None:
    bucket = f"described-{uuid4().hex[:12]}"
    phases = {"coverage": 1, "fuzzing": 3} if database == "sqlite" else {"fuzzing": 6}
    with served(settings, seeded, store_server=store_server, bucket=bucket) as (url, seeds):
        faults, statuses = run_all(url, seeds, seeds["headers"], **phases)
    assert not faults, "\n\n".join(faults)
    assert 503 not in statuses
    assert statuses.keys() >= {200, 204, 400, 404, 410, 422}, "the calls no longer reach what they should"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("database", ["sqlite"])
def test_anonymous_no_call_answers_what_is_not_documented(settings: Settings) -> None:
    with served(settings, seeded) as (url, seeds):
        faults, statuses = run_all(url, seeds, {}, fuzzing=3)
    assert not faults, "\n\n".join(faults)
    assert statuses.keys() >= {200, 400, 401, 404, 410}, "the calls no longer reach what they should"
