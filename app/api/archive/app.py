"""Builds the archive dialect: its resources, error bodies, authentication and documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import Litestar
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme, Server

from app.api.archive.audit import HISTORIES, Audit
from app.api.archive.auth import AuthController, decide
from app.api.archive.auth_oidc import SignInElsewhere
from app.api.archive.auth_tokens import Identities, MachineClients, PersonalTokens
from app.api.archive.checklists import Checklists
from app.api.archive.document import TAGS, finished, operation_id
from app.api.archive.downloads import Downloads
from app.api.archive.errors import on_error
from app.api.archive.experiments import Experiments
from app.api.archive.fair import Fair
from app.api.archive.filereport import FileReports
from app.api.archive.grants import FileGrants, ProjectGrants, SampleGrants
from app.api.archive.groups import Groups
from app.api.archive.invitations import GroupInvitations, Invitations, OrganisationInvitations
from app.api.archive.lims import SIGNATURE, Lims
from app.api.archive.moves import MOVES
from app.api.archive.organisations import Organisations
from app.api.archive.profile import Profile
from app.api.archive.projects import Projects
from app.api.archive.qc import Qc
from app.api.archive.reviewer_links import ReviewerLinks
from app.api.archive.runs import Runs
from app.api.archive.samples import Samples
from app.api.archive.samplesheet import SampleSheets
from app.api.archive.search import Search
from app.api.archive.sheets import BulkSubmission
from app.api.archive.staging import Staging
from app.api.archive.subjects import Subjects
from app.api.archive.transfer import ProjectTransfer
from app.api.archive.upload import OneRunUpload
from app.api.archive.users import Users
from app.http.allow import allowing
from app.http.auth import Authentication
from app.http.cors import CrossOrigin
from app.http.deps import dependencies
from app.http.docs import docs_at, document_by
from app.http.limits import RateLimits
from app.http.queries import strict_queries

if TYPE_CHECKING:
    from app.wiring import Wiring

PREFIX, DIALECT = "/api/v1", "archive"
TITLE = "SeqArk archive API"
_ABOUT = """A sequencing archive: projects, samples, experiments, and runs with their checked files.

What is public is read without a token; everything else takes `Authorization: Bearer <token>`. Lists are bare arrays,
newest first; their neighbours are in `Link`. Every refusal is a problem document (RFC 9457) whose `issues` name what
is wrong, and where."""
RESOURCES: tuple[type, ...] = (
    AuthController,
    Profile,
    SignInElsewhere,
    PersonalTokens,
    MachineClients,
    Identities,
    Users,
    Organisations,
    OrganisationInvitations,
    Groups,
    GroupInvitations,
    Invitations,
    ProjectGrants,
    SampleGrants,
    FileGrants,
    ProjectTransfer,
    ReviewerLinks,
    Projects,
    Subjects,
    Samples,
    Experiments,
    Runs,
    *MOVES,
    *HISTORIES,
    Audit,
    Qc,
    Staging,
    OneRunUpload,
    Downloads,
    BulkSubmission,
    SampleSheets,
    Fair,
    Lims,
    Search,
    FileReports,
    Checklists,
)


def archive_app(wiring: Wiring) -> Litestar:
    """The dialect as an ASGI app whose paths are relative to its prefix."""
    return Litestar(
        route_handlers=[*RESOURCES, docs_at(PREFIX, TITLE), document_by(finished)],
        dependencies=dependencies(wiring),
        exception_handlers={Exception: on_error},
        before_request=allowing(strict_queries()),
        plugins=[CrossOrigin(wiring.settings), RateLimits(wiring, DIALECT)],
        logging_config=None,
        middleware=[Authentication(wiring, decide)],
        openapi_config=OpenAPIConfig(
            title=TITLE,
            version="1.0.0",
            path="/docs/document",
            render_plugins=[JsonRenderPlugin()],
            servers=[Server(url=PREFIX)],
            tags=TAGS,
            description=_ABOUT,
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
            operation_id_creator=operation_id,
            use_handler_docstrings=True,
            components=Components(
                security_schemes={
                    "lims": SecurityScheme(
                        type="apiKey", name=SIGNATURE, security_scheme_in="header", description="Of the body."
                    ),
                    "bearer": SecurityScheme(type="http", scheme="bearer", description="From `/auth/login`."),
                    "reviewer": SecurityScheme(
                        type="apiKey", name="reviewer", security_scheme_in="query", description="Of a reviewer link."
                    ),
                }
            ),
        ),
    )
