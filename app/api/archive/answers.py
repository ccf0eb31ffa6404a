"""Answers about one record: its status, its body, its ETag and where it is."""

from __future__ import annotations

from typing import Any, TypeVar

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

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


def repeated(kind: type[Any]) -> dict[int, ResponseSpec]:
    """The documented 200 of a creation: the same submission again."""
    return {200: ResponseSpec(kind, description="The same submission again.", generate_examples=False)}
