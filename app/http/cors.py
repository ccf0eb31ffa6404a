"""Lets pages of other origins call a dialect, as `SEQARK_CORS_ORIGINS` names them; a dialect adds it as a plugin.

Only dialects have it. The pages of QC tools are foreign code that nobody else may read, and `/oauth2/token` takes the
secrets of machines, which have no place in a page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar.config.cors import CORSConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.plugins import InitPlugin

if TYPE_CHECKING:
    from litestar.config.app import AppConfig
    from litestar.types import Message, Method, Scope

    from app.settings import Settings

METHODS: list[Method] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
SENT = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Range", "X-Request-ID"]
READ = [
    *("Content-Disposition", "ETag", "Idempotency-Replayed", "Link", "Location", "Retry-After", "WWW-Authenticate"),
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-ID"),
    *("X-SeqArk-Left-Out", "X-SeqArk-Left-Out-Reasons", "X-Total-Count", "X-Total-Count-Relation"),
]


class CrossOrigin(InitPlugin):
    """Answers preflights, and names the origin on every answer, refusals included."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Do so where origins are configured."""
        origins = self.settings.cors_origins
        if origins:
            app_config.cors_config = CORSConfig(
                allow_origins=["*"] if "*" in origins else origins,
                allow_methods=[*METHODS],
                allow_headers=SENT,
                allow_credentials=self.settings.cors_credentials,
                expose_headers=READ,
            )
            if "*" not in origins:
                app_config.before_send.append(_vary)
        return app_config


async def _vary(message: Message, _scope: Scope) -> None:
    """Tell caches that the answer depends on the origin, also where it came without one or from a stranger's."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        told = [part.strip() for part in headers.get("Vary", "").split(",") if part.strip()]
        if "Origin" not in told:
            headers["Vary"] = ", ".join([*told, "Origin"])
