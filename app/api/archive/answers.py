"""Answers about one record: its status, its body, its ETag and where it is."""

from __future__ import annotations

from typing import Any, TypeVar

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from app.api.archive.errors import ProblemOut

T = TypeVar("T")


def etag(row: Any) -> str:
    """The entity tag of a record: it grows with every change."""
    return f'"{row.revision}"'


def one(row: Any, body: T) -> Response[T]:
    """200 with the record and its ETag."""
    return Response(body, headers={"ETag": etag(row)})


def made(row: Any, body: T, *, new: bool) -> Response[T]:
    """201 for a new record, 200 where the same submission had made it before."""
    return Response(body, status_code=201 if new else 200, headers={"ETag": etag(row)})


_TEXTS = {
    400: "The request is malformed.",
    401: "No token, or one that does not hold.",
    403: "Visible to you, but not yours to do.",
    404: "Absent, or not visible to you.",
    409: "The state of things forbids it.",
    410: "Withdrawn; the body is the tombstone.",
    413: "Too large.",
    415: "Not a media type that is read here.",
    422: "Well-formed, but not acceptable; `issues` names every fault.",
    503: "A part that this needs is down.",
}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The documented refusals of a handler."""
    return {
        status: ResponseSpec(
            data_container=ProblemOut,
            description=_TEXTS[status],
            generate_examples=False,
            media_type="application/problem+json",
        )
        for status in statuses
    }


def repeated(kind: type[Any]) -> dict[int, ResponseSpec]:
    """The documented 200 of a creation: the same submission again."""
    return {200: ResponseSpec(kind, description="The same submission again.", generate_examples=False)}
