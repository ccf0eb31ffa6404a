"""Answers about one record: its status, its body, its ETag, and what a request makes depend on that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec

from accession.catalog.reading import find_record, get_record, lock_record
from accession.catalog.shapes import Shape
from accession.errors import PreconditionFailed
from accession.ids import Accession, require_serial
from accession.repeats import begin, keep
from accession.unit import Unit
from app.http.etags import is_known, matches, tag_of
from app.http.idempotency import REPLAYED, named

T = TypeVar("T")
Asked = Request[Any, Any, Any]
Render = Callable[[Unit, Any], T]


def one(row: Any, body: T) -> Response[T]:
    """200 with the record and its ETag."""
    return Response(body, headers={"ETag": tag_of(row.revision, body)})


def found(request: Asked, row: Any, body: T) -> Response[T]:
    """`one` for a reader; 304 where the reader has that answer already."""
    tag = tag_of(row.revision, body)
    known = request.headers.get("if-none-match")
    if known is not None and is_known(known, tag):
        return Response(None, status_code=304, headers={"ETag": tag})  # type: ignore[arg-type]  # 304 has no body
    return Response(body, headers={"ETag": tag})


async def made(
    request: Asked,
    unit: Unit,
    shape: Shape,
    render: Render[T],
    body: object,
    make: Callable[[], Awaitable[tuple[int, bool]]],
) -> Response[T]:
    """201 for a new record, 200 where the same submission had made it before.

    With an idempotency key the same request again makes nothing and answers as it did: the same status, and the record
    as it is now.
    """
    asked = named(request, body)
    kept = await begin(unit, asked)
    if kept is None:
        serial, new = await make()
        status = 201 if new else 200
        await keep(unit, asked, unit.accession(shape.kind, serial), status)
        wanted = Accession(unit.prefix, shape.kind, serial)
    else:
        status = kept.status
        wanted = require_serial(kept.subject, unit.prefix, shape.kind)
    row = await find_record(unit, shape, wanted)
    answer = render(unit, row)
    headers = {"ETag": tag_of(row.revision, answer)} | ({REPLAYED: "true"} if kept is not None else {})
    return Response(answer, status_code=status, headers=headers)


async def require_match(
    request: Asked, unit: Unit, shape: Shape, accession: str, render: Render[Any], *, alone: bool = False
) -> None:
    """Raise `PreconditionFailed` where `If-Match` names another version of the record than there is.

    The record stays locked until the commit, so of two who name the same version only one changes it. `alone` says
    that a move of state follows.
    """
    wanted = request.headers.get("if-match")
    if wanted is None:
        return
    await lock_record(unit, shape, accession, alone=alone)
    row = await get_record(unit, shape, accession)
    current = tag_of(row.revision, render(unit, row))
    if not matches(wanted, current):
        raise PreconditionFailed(f"{accession} has changed since that version; it is {current} now. Read it again.")


async def changed(unit: Unit, shape: Shape, accession: str, render: Render[T]) -> Response[T]:
    """The record as it is after a change in the same unit."""
    await unit.session.flush()
    row = await get_record(unit, shape, accession)
    return one(row, render(unit, row))


def repeated(kind: type[Any]) -> dict[int, ResponseSpec]:
    """The documented 200 of a creation: the same submission again."""
    return {200: ResponseSpec(kind, description="The same submission again.", generate_examples=False)}
