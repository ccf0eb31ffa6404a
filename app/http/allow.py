"""Answers OPTIONS with every method that a path has; the framework's own answer names only those it met first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Response
from litestar.routes import HTTPRoute

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar import Request

    Hook = Callable[[Request[Any, Any, Any]], Awaitable[None]]


def allowing(then: Hook) -> Callable[[Request[Any, Any, Any]], Awaitable[Response[None] | None]]:
    """A `before_request` hook that answers OPTIONS itself and hands every other request to `then`."""

    async def answer(request: Request[Any, Any, Any]) -> Response[None] | None:
        if request.method != "OPTIONS":
            await then(request)
            return None
        template = request.scope["path_template"]
        routes = (r for r in request.app.routes if isinstance(r, HTTPRoute) and r.path_format == template)
        methods = sorted({method for route in routes for method in route.methods})
        return Response(None, status_code=204, headers={"Allow": ", ".join(methods)})

    return answer
