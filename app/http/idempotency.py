"""Reads the idempotency key of a request that makes something, with what tells it from another request."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from accession.errors import Malformed
from accession.repeats import Named, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from litestar import Request

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_BLOCK = 2**20


def named(request: Request[Any, Any, Any], body: object) -> Named | None:
    """The request as its caller named it; None without a key. `body` is what was read of it, so blanks do not count."""
    header = request.headers.get(HEADER)
    if header is None:
        return None
    return Named(key_of(header), _route(request), sha256(msgspec.json.encode(body, order="sorted")).hexdigest())


def named_form(request: Request[Any, Any, Any], fields: Mapping[str, str], filename: str, path: Path) -> Named | None:
    """`named` for a form whose file was put into `path`; reads the file, so call it in a thread."""
    header = request.headers.get(HEADER)
    if header is None:
        return None
    digest = sha256(msgspec.json.encode([sorted(fields.items()), filename]))
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return Named(key_of(header), _route(request), digest.hexdigest())


def refuse_key(request: Request[Any, Any, Any]) -> None:
    """Raise `Malformed` for a key on a call that streams its body on and could not tell one request from another."""
    if request.headers.get(HEADER) is not None:
        raise Malformed(
            f"This call takes no '{HEADER}', as it streams the file; POST /staging/initiate takes one.",
            code="no_idempotency_here",
        )


def _route(request: Request[Any, Any, Any]) -> str:
    return f"{request.method} {request.scope.get('root_path', '')}{request.scope['path'].rstrip('/')}"[:200]
