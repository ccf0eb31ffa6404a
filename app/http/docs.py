"""Serves Swagger UI and ReDoc below a dialect's `/docs`, from an installed package; no page asks another host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import resources
from typing import Any

import msgspec
from litestar import Controller, MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from accession.errors import NotFound

_ASSETS = {
    "swagger-ui.css": ("swagger-ui-dist/swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": ("swagger-ui-dist/swagger-ui-bundle.js", "text/javascript"),
    "favicon.png": ("swagger-ui-dist/favicon-32x32.png", "image/png"),
    "redoc.js": ("redoc/bundles/redoc.standalone.js", "text/javascript"),
    "start.js": ("", "text/javascript"),
}
_OUTSIDE_IMAGE = b"https://cdn.redoc.ly/redoc/logo-mini.svg"  # ReDoc asks for its maker's logo
_START = """
const address = document.body.dataset.openapi;
if (document.getElementById("swagger-ui"))
  SwaggerUIBundle({url: address, dom_id: "#swagger-ui", deepLinking: true, persistAuthorization: false});
else
  Redoc.init(address, {}, document.getElementById("redoc"));
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{base}/assets/favicon.png">
{style}
</head>
<body data-openapi="{openapi}">
<div id="{root}"></div>
<script src="{base}/assets/{script}"></script>
<script src="{base}/assets/start.js"></script>
</body>
</html>
"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self' data:; worker-src blob:; base-uri 'none'; form-action 'none'"
)


def docs_at(prefix: str, title: str) -> type[Controller]:
    """The pages of the dialect that is mounted at `prefix`; its OpenAPI document is `{prefix}/openapi.json`."""

    def page(root: str, script: str, style: str = "") -> Response[str]:
        base = f"{prefix}/docs"
        text = _PAGE.format(
            title=title, base=base, openapi=f"{prefix}/openapi.json", root=root, script=script, style=style
        )
        return Response(text, media_type=MediaType.HTML, headers={"Content-Security-Policy": _POLICY})

    class Docs(Controller):
        """Pages for people who read an API."""

        path = "/docs"
        include_in_schema = False

        @get("/", sync_to_thread=False)
        def swagger(self) -> Response[str]:
            style = f'<link rel="stylesheet" href="{prefix}/docs/assets/swagger-ui.css">'
            return page("swagger-ui", "swagger-ui-bundle.js", style)

        @get("/redoc", sync_to_thread=False)
        def redoc(self) -> Response[str]:
            return page("redoc", "redoc.js")

        @get("/assets/{name:str}")
        async def asset(self, name: FromPath[str]) -> Response[bytes]:
            content, media_type = await asyncio.to_thread(_asset, name)
            return Response(content, media_type=media_type, headers={"Cache-Control": "public, max-age=86400"})

    return Docs


def document_by(finish: Callable[[dict[str, Any]], dict[str, Any]]) -> HTTPRouteHandler:
    """The handler of `/openapi.json`: the dialect's OpenAPI 3.1 document as `finish` leaves it, made once."""
    made: list[bytes] = []

    @get("/openapi.json", include_in_schema=False, sync_to_thread=True)
    def openapi_document(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not made:
            made.append(msgspec.json.encode(finish(request.app.openapi_schema.to_schema())))
        return Response(made[0], media_type=MediaType.JSON)

    return openapi_document


def _asset(name: str) -> tuple[bytes, str]:
    """One of the known files; nothing else of the package is served."""
    if name not in _ASSETS:
        raise NotFound("There is nothing at this address.")
    path, media_type = _ASSETS[name]
    if not path:
        return _START.encode(), media_type
    folder = resources.files("drf_spectacular_sidecar") / "static" / "drf_spectacular_sidecar"
    return (folder / path).read_bytes().replace(_OUTSIDE_IMAGE, b"data:,"), media_type
