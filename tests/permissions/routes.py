"""What each route of the archive dialect asks of its caller: the one table that the matrix of permissions is made of.

A route that is missing here fails the suite, so that nobody adds one without saying who may call it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.permissions.world import Scene

ABSENT = "01920000-0000-7000-8000-000000000000"


class Need(StrEnum):
    """What a call needs; all but the first three are about one record."""

    NOTHING = "nothing"
    ACCOUNT = "account"
    ADMIN = "admin"
    READ = "read"
    CONTRIBUTE = "contribute"
    SHARE = "share"
    MANAGE = "manage"
    OWNER = "owner"  # managing that an organisation's role does not give
    BELONG = "belong"  # to the organisation or group of the address
    LEAD = "lead"  # that organisation or group
    HISTORY = "history"  # sharing; of what was withdrawn too
    FILE = "file"  # a file of the caller's own, or sharing in its project
    OWN = "own"  # a thing of the caller's own (a staged file, a token), here always somebody else's


@dataclass(frozen=True)
class Route:
    """`body` goes as JSON; `form` as a form with a file; `named` says that the record stands in the body.

    `open_need` is what the call needs where everybody may read the record. `absent`: the call names another thing too,
    which is absent. `by_body`: the call takes its credential in the body, so that no bearer matters.
    """

    need: Need
    open_need: Need | None = None
    body: Any = None
    query: str = ""
    form: dict[str, Any] | None = None
    named: bool = False
    absent: bool = False
    by_body: bool = False

    def json_for(self, scene: Scene) -> Any:
        """The body with the scene's accessions in the place of names in braces."""
        return _filled(self.body, scene)


def _filled(value: Any, scene: Scene) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, scene) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, scene) for inner in value]
    return scene.filled(value) if isinstance(value, str) else value


RECORDS = ("project", "subject", "sample", "experiment", "run")
MOVES: dict[str, dict[str, Any]] = {
    "release": {},
    "suppress": {"reason": "A test."},
    "restore": {},
    "replace": {"reason": "A test.", "replaced_by": "NFDP-PRJ-000001"},
    "withdraw": {"reason": "A test."},
}
_GRANT = {"user": "stranger@example.org", "level": "read"}
_SHEET = {"file": ("sheet.tsv", b"sample_alias\torganism\n", "text/tab-separated-values")}


def _about_records() -> dict[str, Route]:
    """What every kind of record has."""
    found: dict[str, Route] = {}
    for noun in RECORDS:
        one = f"/{noun}s/{{accession}}"
        found[f"GET /{noun}s"] = Route(Need.NOTHING)
        found[f"GET {one}"] = Route(Need.READ)
        found[f"PATCH {one}"] = Route(Need.CONTRIBUTE, body={})
        found[f"DELETE {one}"] = Route(Need.MANAGE if noun == "project" else Need.CONTRIBUTE, open_need=Need.MANAGE)
        found[f"GET {one}/history"] = Route(Need.HISTORY)
        for move, body in MOVES.items():
            found[f"POST {one}/{move}"] = Route(Need.MANAGE, body=body)
    return found


def _about_circles() -> dict[str, Route]:
    """Organisations and groups."""
    found: dict[str, Route] = {}
    for noun, member in (("organisations", {"role": "viewer"}), ("groups", {"admin": False})):
        one = f"/{noun}/{{slug}}"
        invited = {"email": "guest@example.org", **member}
        found |= {
            f"GET /{noun}": Route(Need.ACCOUNT),
            f"POST /{noun}": Route(Need.ACCOUNT, body={"slug": "a-new-one", "title": "A new one"}),
            f"GET {one}": Route(Need.BELONG),
            f"PATCH {one}": Route(Need.LEAD, body={"title": "Renamed"}),
            f"GET {one}/members": Route(Need.BELONG),
            f"PUT {one}/members/{{name}}": Route(Need.LEAD, body=member),
            f"DELETE {one}/members/{{name}}": Route(Need.LEAD, absent=True),
            f"GET {one}/invitations": Route(Need.LEAD),
            f"POST {one}/invitations": Route(Need.LEAD, body=invited),
            f"DELETE {one}/invitations/{{invitation_id}}": Route(Need.LEAD, absent=True),
        }
    return found | {"DELETE /groups/{slug}": Route(Need.LEAD)}


ROUTES: dict[str, Route] = {
    **_about_records(),
    **_about_circles(),
    "GET /invitations": Route(Need.ADMIN),
    "POST /invitations": Route(Need.ADMIN, body={"email": "guest@example.org"}),
    "DELETE /invitations/{invitation_id}": Route(Need.ADMIN),
    "POST /invitations/accept": Route(Need.ACCOUNT, body={"token": "x"}),
    "POST /auth/oidc/link": Route(Need.ACCOUNT, body={}),
    "POST /projects": Route(Need.ACCOUNT, body={"title": "New", "description": "New one.", "project_type": "WGS"}),
    "POST /subjects": Route(
        Need.CONTRIBUTE, body={"project_accession": "{project}", "organism": "Bos taurus", "tax_id": 9913}, named=True
    ),
    "POST /samples": Route(
        Need.CONTRIBUTE,
        body={"project_accession": "{project}", "checklist_id": "ERC000011", "organism": "Bos taurus", "tax_id": 9913},
        named=True,
    ),
    "POST /experiments": Route(
        Need.CONTRIBUTE,
        body={
            "sample_accession": "{sample}",
            "platform": "ILLUMINA",
            "instrument_model": "Illumina NovaSeq 6000",
            "library_strategy": "WGS",
            "library_source": "GENOMIC",
            "library_layout": "PAIRED",
        },
        named=True,
    ),
    "POST /runs": Route(
        Need.CONTRIBUTE, body={"experiment_accession": "{experiment}", "file_id": "{file_id}"}, named=True
    ),
    "PUT /runs/{accession}/file": Route(Need.CONTRIBUTE, body={"file_id": ABSENT}, absent=True),
    "GET /projects/{accession}/qc": Route(Need.READ),
    "GET /runs/{accession}/qc": Route(Need.READ),
    "GET /runs/{accession}/validation": Route(Need.READ),
    "GET /runs/{accession}/download": Route(Need.READ),
    "HEAD /runs/{accession}/download": Route(Need.READ),
    "GET /projects/{accession}/fair": Route(Need.READ),
    "POST /staging/complete/{file_id}": Route(Need.OWN, body={}),
    "GET /staging/files/{file_id}": Route(Need.OWN),
    "DELETE /staging/files/{file_id}": Route(Need.OWN),
    "GET /staging/files": Route(Need.ACCOUNT),
    "POST /staging/initiate": Route(Need.ACCOUNT, body={"filename": "a.fastq", "file_size": 1}),
    "POST /staging/upload": Route(Need.ACCOUNT, form={"file": ("a.fastq", b"@r\nA\n+\nI\n")}),
    "POST /upload/initiate": Route(
        Need.CONTRIBUTE,
        body={
            "experiment_accession": "{experiment}",
            "filename": "a.fastq",
            "file_size": 1,
            "checksum_md5": "0" * 32,
            "file_type": "FASTQ",
        },
        named=True,
    ),
    "POST /upload/complete": Route(Need.ACCOUNT, body={"upload_id": ABSENT, "checksum_md5": "0" * 32}),
    "GET /upload/status/{upload_id}": Route(Need.OWN),
    "POST /bulk-submit/validate": Route(Need.CONTRIBUTE, form=_SHEET, named=True),
    "POST /bulk-submit/confirm": Route(Need.CONTRIBUTE, form=_SHEET, named=True),
    "POST /samples/bulk": Route(Need.CONTRIBUTE, form=_SHEET, named=True),
    "GET /bulk-submit/template/{checklist}": Route(Need.NOTHING),
    "GET /checklists": Route(Need.NOTHING),
    "GET /checklists/{checklist}": Route(Need.NOTHING),
    "GET /checklists/{checklist}/schema": Route(Need.NOTHING),
    "POST /auth/login": Route(
        Need.NOTHING, body={"email": "nobody@example.org", "password": "wrong password"}, by_body=True
    ),
    "POST /auth/register": Route(Need.NOTHING, body={"email": "x", "password": "y", "full_name": "z"}, by_body=True),
    "POST /auth/refresh": Route(Need.NOTHING, body={"refresh_token": "x"}, by_body=True),
    "POST /auth/logout": Route(Need.NOTHING, body={"refresh_token": "x"}, by_body=True),
    "GET /auth/me": Route(Need.ACCOUNT),
    "PATCH /auth/me": Route(Need.ACCOUNT, body={}),
    "POST /auth/change-password": Route(
        Need.ACCOUNT, body={"current_password": "wrong password", "new_password": "another password"}
    ),
    "POST /auth/forgot-password": Route(Need.NOTHING, body={"email": "nobody@example.org"}, by_body=True),
    "POST /auth/reset-password": Route(
        Need.NOTHING, body={"token": "x", "new_password": "another password"}, by_body=True
    ),
    "GET /auth/oidc/login": Route(Need.NOTHING, by_body=True),
    "GET /auth/oidc/callback": Route(Need.NOTHING, query="code=x&state=y", by_body=True),
    "GET /auth/tokens": Route(Need.ACCOUNT),
    "POST /auth/tokens": Route(Need.ACCOUNT, body={"name": "a script"}),
    "DELETE /auth/tokens/{token_id}": Route(Need.ACCOUNT),
    "GET /auth/clients": Route(Need.ACCOUNT),
    "POST /auth/clients": Route(Need.ACCOUNT, body={"name": "a machine"}),
    "DELETE /auth/clients/{client}": Route(Need.ACCOUNT),
    "GET /auth/identities": Route(Need.ACCOUNT),
    "DELETE /auth/identities/{identity_id}": Route(Need.ACCOUNT),
    "GET /users": Route(Need.ADMIN),
    "PUT /users/{user_id}/role": Route(Need.ADMIN, body={"role": "submitter"}),
    "PUT /users/{user_id}/activate": Route(Need.ADMIN),
    "PUT /users/{user_id}/deactivate": Route(Need.ADMIN),
    "GET /audit": Route(Need.ADMIN),
    "GET /search": Route(Need.NOTHING, query="q=title"),
    "GET /filereport": Route(Need.READ, query="accession={project}"),
    "GET /samplesheet/{accession}": Route(Need.READ),
    "GET /runs/{accession}/download/{filename}": Route(Need.READ),
    "HEAD /runs/{accession}/download/{filename}": Route(Need.READ),
    "POST /integrations/lims/webhook": Route(Need.NOTHING, body={}, by_body=True),
    "GET /projects/{accession}/grants": Route(Need.SHARE),
    "POST /projects/{accession}/grants": Route(Need.SHARE, body=_GRANT),
    "DELETE /projects/{accession}/grants/{grant_id}": Route(Need.SHARE, absent=True),
    "GET /samples/{accession}/grants": Route(Need.SHARE),
    "POST /samples/{accession}/grants": Route(Need.SHARE, body=_GRANT),
    "DELETE /samples/{accession}/grants/{grant_id}": Route(Need.SHARE, absent=True),
    "GET /staging/files/{file_id}/grants": Route(Need.FILE),
    "POST /staging/files/{file_id}/grants": Route(Need.FILE, body=_GRANT),
    "DELETE /staging/files/{file_id}/grants/{grant_id}": Route(Need.FILE),
    "POST /projects/{accession}/transfer": Route(Need.OWNER, body={"user": "stranger@example.org"}),
    "GET /projects/{accession}/reviewer-links": Route(Need.MANAGE),
    "POST /projects/{accession}/reviewer-links": Route(Need.MANAGE, body={"name": "Journal"}),
    "DELETE /projects/{accession}/reviewer-links/{link_id}": Route(Need.MANAGE, absent=True),
}
