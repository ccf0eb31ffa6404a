"""The archive dialect's error bodies: RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.openapi import ResponseSpec

from accession.issues import Issue
from app.http.problems import problem_of

MEDIA_TYPE = "application/problem+json"


class ProblemOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """`type, title, status, detail, code`, and `issues` where many things are wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    issues: list[Issue] = []


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Any exception of a handler, a dependency or the middleware as a problem document."""
    problem = problem_of(error)
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
    del request
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers)


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """The problem documents of these statuses, for a handler's `responses`: what the OpenAPI document says of them."""
    return {
        status: ResponseSpec(
            data_container=ProblemOut,
            description=HTTPStatus(status).phrase,
            media_type=MEDIA_TYPE,
            generate_examples=False,
        )
        for status in statuses
    }
