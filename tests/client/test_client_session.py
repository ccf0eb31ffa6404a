"""Promises of the session: a token renewed once, passing failures tried again, refusals in one sentence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from seqark_client.answers import QcStatus
from seqark_client.errors import (
    ApiError,
    BadRequest,
    Conflict,
    NotSettled,
    TransportFailed,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
)

if TYPE_CHECKING:
    from pathlib import Path

    from seqark_client import Client
    from tests.client.conftest import Network

RUN = "NFDP-RUN-000001"
TOKENS = {"access_token": "first", "refresh_token": "r1", "token_type": "bearer", "expires_in": 1800}


@pytest.fixture
def signed_in(client: Client, network: Network) -> Client:
    network.add_run(RUN, b"bytes")
    network.answers["POST /api/v1/auth/login"] = [(200, TOKENS)]
    network.answers["POST /api/v1/auth/refresh"] = [(200, {"access_token": "second", "refresh_token": "r2"})]
    client.session.login("a@example.org", "secret")
    return client


def test_a_token_that_no_longer_holds_is_renewed_and_the_call_repeated(signed_in: Client, network: Network) -> None:
    network.accepted_token = "second"
    assert signed_in.runs.get(RUN).accession == RUN
    assert [headers["Authorization"] for headers in network.seen(f"GET /api/v1/runs/{RUN}")] == [
        "Bearer first",
        "Bearer second",
    ]


def test_a_renewed_token_that_does_not_hold_either_ends_the_call(signed_in: Client, network: Network) -> None:
    network.accepted_token = "neither"
    with pytest.raises(Unauthenticated, match="The token does not hold"):
        signed_in.runs.get(RUN)
    assert len(network.seen("auth/refresh")) == 1
    assert len(network.seen(f"runs/{RUN}")) == 2


def test_threads_that_are_refused_together_renew_once_since_refresh_tokens_rotate(
    signed_in: Client, network: Network
) -> None:
    network.accepted_token = "second"
    with ThreadPoolExecutor(8) as pool:
        assert {run.accession for run in pool.map(signed_in.runs.get, [RUN] * 24)} == {RUN}
    assert len(network.seen("auth/refresh")) == 1


def test_a_wrong_password_asks_for_no_renewal(signed_in: Client, network: Network) -> None:
    network.answers["POST /api/v1/auth/login"] = [(401, {"detail": "Wrong.", "code": "bad_credentials"})]
    with pytest.raises(Unauthenticated) as caught:
        signed_in.session.login("a@example.org", "wrong")
    assert caught.value.code == "bad_credentials"
    assert not network.seen("auth/refresh")


@pytest.mark.parametrize(("kind", "at"), [("drop", 0), ("cut", 5), ("status", 503), ("status", 502)])
def test_reading_is_tried_again_after_a_passing_failure(
    kind: str, at: int, client: Client, network: Network, slept: list[float]
) -> None:
    network.add_run(RUN, b"bytes")
    network.misbehave(kind, f"runs/{RUN}", at=at, times=3)
    assert client.runs.get(RUN).file_size == 5
    assert len(slept) == 3


def test_tries_end(client: Client, network: Network) -> None:
    network.misbehave("status", "runs", at=503, times=100)
    with pytest.raises(Unavailable):
        client.runs.get(RUN)
    assert len(network.seen("runs")) == 4


def test_a_write_whose_answer_is_lost_is_not_repeated(client: Client, network: Network) -> None:
    network.answers["POST /api/v1/projects"] = [(201, {"accession": "NFDP-PRJ-000001"})]
    network.misbehave("late_drop", "POST /api/v1/projects")
    with pytest.raises(TransportFailed):
        client.projects.create({"title": "t"})
    assert len(network.seen("POST /api/v1/projects")) == 1


def test_an_idempotency_key_travels_as_a_header_beside_the_token(client: Client, network: Network) -> None:
    network.answers["POST /api/v1/projects"] = [(201, {"accession": "NFDP-PRJ-000001"})]
    client.projects.create({"title": "t"}, idempotency_key="once")
    (headers,) = network.seen("POST /api/v1/projects")
    assert (headers["Idempotency-Key"], headers["Authorization"]) == ("once", "Bearer the-token")


def test_a_refusal_carries_code_and_issues_and_reads_as_one_sentence(client: Client, network: Network) -> None:
    issues = [
        {"row": 3, "column": "taxon_id", "code": "not_integer", "message": "'x' is no integer."},
        {"row": 4, "code": "short_row", "message": "The row has 3 cells and needs 20."},
    ]
    problem = {"type": "about:blank", "detail": "The sheet has faults.", "code": "sheet_invalid", "issues": issues}
    network.answers["POST /api/v1/projects"] = [(400, problem)]
    with pytest.raises(BadRequest) as caught:
        client.projects.create({})
    assert caught.value.code == "sheet_invalid"
    assert [issue.row for issue in caught.value.issues] == [3, 4]
    assert str(caught.value) == (
        "The sheet has faults: row 3, taxon_id: 'x' is no integer; and 1 more (sheet_invalid, HTTP 400)."
    )


def test_a_refusal_that_is_no_problem_document_is_still_a_sentence(client: Client, network: Network) -> None:
    network.misbehave("status", "POST /api/v1/projects", at=409)
    with pytest.raises(Conflict) as caught:
        client.projects.create({})
    assert str(caught.value) == "The archive answered Conflict (error, HTTP 409)."


def test_an_answer_of_another_shape_is_named_and_not_passed_on(client: Client, network: Network) -> None:
    network.answers[f"GET /api/v1/runs/{RUN}"] = [(200, {"accession": 7})]
    with pytest.raises(UnexpectedAnswer, match=rf"GET /api/v1/runs/{RUN} answered something unexpected"):
        client.runs.get(RUN)


def test_waiting_ends_when_settled_and_its_pauses_grow(client: Client, network: Network, slept: list[float]) -> None:
    pending = (200, {"status": "pending", "reports": []})
    running = (200, {"status": "running", "reports": []})
    passed = (200, {"status": "passed", "tool": "Sequali", "summary": {"gc_content": 41.0}, "reports": []})
    network.answers[f"GET /api/v1/runs/{RUN}/qc"] = [pending, pending, running, running, running, passed]
    told: list[QcStatus] = []
    (qc,) = client.waiting.for_runs([RUN], settled=lambda qc: told.append(qc.status))
    assert qc.status is QcStatus.PASSED
    assert qc.summary == {"gc_content": 41.0}
    assert told == [QcStatus.PASSED]
    assert len(slept) == 5
    assert slept[-1] > slept[0]


def test_waiting_ends_at_its_deadline_and_names_what_did_not_settle(
    client: Client, network: Network, slept: list[float]
) -> None:
    network.staged["f1"] = {"id": "f1", "filename": "x", "status": "verifying"}
    with pytest.raises(NotSettled, match="f1"):
        client.waiting.for_files(["f1"], deadline=20)
    assert 19.9 < sum(slept) <= 20.1


def test_a_project_is_settled_only_with_its_page(client: Client, network: Network) -> None:
    path = "GET /api/v1/projects/NFDP-PRJ-000001/qc"
    network.answers[path] = [
        (200, {"status": "passed", "report_url": None, "runs": []}),
        (200, {"status": "passed", "report_url": "/qc/p.html", "runs": []}),
    ]
    assert client.waiting.for_project("NFDP-PRJ-000001").report_url == "/qc/p.html"


def test_a_sheet_outcome_gives_accessions(client: Client, network: Network, tmp_path: Path) -> None:
    sheet = tmp_path / "s.tsv"
    sheet.write_bytes(b"sample_alias\nA\n")
    network.answers["POST /api/v1/bulk-submit/confirm"] = [
        (200, {"status": "created", "samples": ["NFDP-SAM-000001"], "runs": ["NFDP-RUN-000001"]})
    ]
    made = client.sheets.confirm(sheet, checklist_id="ERC000011", project_accession="NFDP-PRJ-000001")
    assert (made.samples, made.runs) == (("NFDP-SAM-000001",), ("NFDP-RUN-000001",))


def test_nothing_at_the_address_is_said_in_one_sentence_after_the_tries(slept: list[float], client: Client) -> None:
    client.session.http.base_url = "http://127.0.0.1:1"
    with pytest.raises(TransportFailed, match=r"does not answer: .*\.$"):
        client.projects.create({"title": "t"})
    assert len(slept) == 3
    assert not isinstance(TransportFailed("x"), ApiError)
