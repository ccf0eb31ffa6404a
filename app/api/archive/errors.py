"""The archive dialect's error bodies: RFC 9457 problem details."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import MediaType, Request, Response
from litestar.openapi import ResponseSpec

from accession.issues import Issue
from app.http.problems import problem_of

MEDIA_TYPE = "application/problem+json"


_TEXTS = {
    400: "The request is malformed, or has a parameter that this call does not know.",
    401: "No token, or one that does not hold.",
    403: "Visible to you, but not yours to do.",
    404: "Absent, or not visible to you.",
    409: "The state of things forbids it.",
    410: "Withdrawn; the body is the tombstone.",
    412: "The record has changed since the version that `If-Match` names.",
    413: "Too large.",
    415: "Not a media type that is read here.",
    422: "Well-formed, but not acceptable; `issues` names every fault.",
    429: "More of this kind than an hour allows, where the archive counts requests.",
    503: "A part that this needs is down.",
}


class ProblemOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """`type, title, status, detail, code`, and `issues` where many things are wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    issues: list[Issue] = []


class TombstoneOut(msgspec.Struct, frozen=True):
    """What remains of a record that was public and is withdrawn; `when` is `withdrawn_at` under its shorter name."""

    accession: str
    state: str
    reason: str | None
    withdrawn_at: datetime
    when: datetime
    replaced_by: str | None


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Any exception of a handler, a dependency or the middleware as a problem document."""
    problem = problem_of(error, request)
    if problem.tombstone is not None:
        return Response(problem.tombstone, status_code=problem.status, headers=problem.headers)
    body = ProblemOut(
        type=f"urn:seqark:problem:{problem.code}",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        code=problem.code,
        issues=problem.issues,
    )
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers)


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The documented refusals of a handler: these, and what any call may meet, a bad parameter and a bad token."""
    return {status: _refusal(status) for status in sorted({400, 401, 429, *statuses})}


def _refusal(status: int) -> ResponseSpec:
    """A problem document, or the tombstone of what was withdrawn."""
    return ResponseSpec(
        data_container=TombstoneOut if status == HTTPStatus.GONE else ProblemOut,
        description=_TEXTS[status],
        media_type=MediaType.JSON if status == HTTPStatus.GONE else MEDIA_TYPE,
        generate_examples=False,
    )
