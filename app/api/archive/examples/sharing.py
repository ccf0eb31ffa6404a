"""Examples of organisations, groups, invitations, grants, reviewer links, and a project handed over."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from app.api.archive.examples.records import MADE, PROJECT
from app.api.archive.structs.people import (
    AcceptedOut,
    AcceptIn,
    ArchiveInvitationIn,
    GroupIn,
    GroupInvitationIn,
    GroupMemberIn,
    GroupMemberOut,
    GroupOut,
    GroupPatch,
    InvitationIn,
    InvitationOut,
    MemberIn,
    MemberOut,
    OrganisationIn,
    OrganisationOut,
    OrganisationPatch,
)
from app.api.archive.structs.sharing import (
    GrantIn,
    GrantOut,
    ReviewerLinkIn,
    ReviewerLinkOut,
    TransferIn,
    TransferOut,
)

_ID = UUID("01981f3a-9d10-7c44-8b7e-2f6a1c0d9e55")
_LAB, _GROUP = "highland-lab", "cattle-genomes"
_ENDS = MADE + timedelta(days=90)
_TOKEN = "sqr_Zk3vT0yQ8nX1bW5d"  # noqa: S105  # an example

SHARING: tuple[msgspec.Struct, ...] = (
    OrganisationIn(slug=_LAB, title="Highland Lab"),
    OrganisationPatch(title="Highland Laboratory"),
    OrganisationOut(_LAB, "Highland Lab", personal=False, role="owner", created_at=MADE),
    MemberIn("contributor"),
    MemberOut("ana", "Ana Example", "contributor", MADE),
    GroupIn(slug=_GROUP, title="Cattle genomes"),
    GroupPatch(title="Cattle and yak genomes"),
    GroupOut(_GROUP, "Cattle genomes", "", "ana", admin=True, created_at=MADE),
    GroupMemberIn(admin=False),
    GroupMemberOut("ben", "Ben Example", admin=False, owner=False, created_at=MADE),
    InvitationIn("ben@example.org", "viewer"),
    GroupInvitationIn("ben@example.org"),
    ArchiveInvitationIn("ben@example.org"),
    InvitationOut(_ID, "ben@example.org", "viewer", "pending", "ana", MADE, MADE + timedelta(days=14)),
    AcceptIn("sqi_Vd7pS2mK9cR4hY6j"),
    AcceptedOut(_LAB, None, "viewer"),
    GrantIn(user="ben@example.org", level="read"),
    GrantOut(_ID, "ben", "Ben Example", None, "read", _ENDS, expired=False, granted_by="ana", created_at=MADE),
    TransferIn(user="ben", keep="read"),
    TransferOut(PROJECT, "ben", _LAB),
    ReviewerLinkIn(name="Journal of Genomes", hides_owner=True),
    ReviewerLinkOut(
        id=_ID,
        name="Journal of Genomes",
        hides_owner=True,
        state="active",
        created_by="ana",
        created_at=MADE,
        expires_at=_ENDS,
        revoked_at=None,
        token=_TOKEN,
        url=f"https://archive.example.org/api/v1/projects/{PROJECT}?reviewer={_TOKEN}",
    ),
)
