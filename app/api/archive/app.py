"""Builds the archive dialect: its resources, error bodies, authentication and documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Server

from app.api.archive.auth import AuthController, decide
from app.api.archive.checklists import Checklists
from app.api.archive.downloads import Downloads
from app.api.archive.errors import on_error
from app.api.archive.experiments import Experiments
from app.api.archive.projects import Projects
from app.api.archive.qc import Qc
from app.api.archive.runs import Runs
from app.api.archive.samples import Samples
from app.api.archive.sheets import BulkSubmission
from app.api.archive.staging import Staging
from app.api.archive.subjects import Subjects
from app.api.archive.upload import OneRunUpload
from app.http.allow import allowing
from app.http.auth import Authentication
from app.http.deps import dependencies
from app.http.docs import docs_at, openapi_document
from app.http.queries import strict_queries

if TYPE_CHECKING:
    from app.settings import Settings
    from app.wiring import Wiring

PREFIX = "/api/v1"
TITLE = "SeqArk archive API"
RESOURCES: tuple[type, ...] = (
    AuthController,
    Projects,
    Subjects,
    Samples,
    Experiments,
    Runs,
    Qc,
    Staging,
    OneRunUpload,
    Downloads,
    BulkSubmission,
    Checklists,
)


def archive_app(wiring: Wiring) -> Litestar:
    """The dialect as an ASGI app whose paths are relative to its prefix."""
    settings = wiring.settings
    return Litestar(
        route_handlers=[*RESOURCES, docs_at(PREFIX, TITLE), openapi_document],
        dependencies=dependencies(wiring),
        exception_handlers={Exception: on_error},
        cors_config=cors_of(settings),
        before_request=allowing(strict_queries()),
        logging_config=None,
        middleware=[Authentication(wiring, decide)],
        openapi_config=OpenAPIConfig(
            title=TITLE,
            version="1.0.0",
            path="/docs/document",
            render_plugins=[JsonRenderPlugin()],
            servers=[Server(url=PREFIX)],
            components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        ),
    )


def cors_of(settings: Settings) -> CORSConfig | None:
    """Cross-origin access as configured; none without `SEQARK_CORS_ORIGINS`."""
    if not settings.cors_origins:
        return None
    exposed = ["ETag", "Link", "X-Total-Count", "X-Total-Count-Relation", "X-Request-ID"]
    return CORSConfig(
        allow_origins=settings.cors_origins,
        allow_credentials=settings.cors_credentials,
        expose_headers=exposed,
    )
