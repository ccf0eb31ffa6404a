"""Refuses query parameters that a handler does not know: a misspelt filter must never silently list everything."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from accession.errors import Malformed
from app.http.auth import QUERY, READS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar import Request

_INTERNAL = {"unit", "wiring", "request", "data", "state", "scope", "headers", "cookies", "query", "body", "socket"}


def strict_queries() -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """A `before_request` hook that knows each handler's parameters from its signature.

    Every read may have a reviewer link too. A handler with `opt={"any_query": True}` is called by somebody who adds
    parameters of his own.
    """
    known: dict[int, frozenset[str]] = {}

    async def check(request: Request[Any, Any, Any]) -> None:
        if not request.scope["query_string"]:
            return
        handler = request.route_handler
        if handler.opt.get("any_query"):
            return
        names = known.get(id(handler))
        if names is None:
            providers = handler.resolve_dependencies()
            signatures = [handler.parsed_fn_signature, *(given.parsed_fn_signature for given in providers.values())]
            fields = [field for signature in signatures for field in signature.parameters.values()]
            internal = {*_INTERNAL, *providers, *request.scope["path_params"]}
            own = [f for f in fields if f.name not in internal]
            aliases = {getattr(f.kwarg_definition, "name", None) or f.name for f in own}
            names = known[id(handler)] = frozenset(aliases)
        for name, value in request.query_params.multi_items():
            if "\x00" in value:
                raise Malformed(f"'{name[:80]}' has a NUL character, which no value has.")
            if name not in names and not (name == QUERY and request.method in READS):
                near = get_close_matches(name, names, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(sorted(names)) or 'none'}."
                raise Malformed(f"Unknown query parameter {name[:80]!r}; {hint}")

    return check
