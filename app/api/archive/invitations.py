"""Invitations by e-mail: to an organisation, to a group, to the archive itself; and accepting one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.paging import page_request
from accession.people import accounts, inviting
from accession.people.invitations import accept
from accession.people.rules import AccountRole, MemberRole
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.lists import PageNumber, PerPage, page_headers
from app.api.archive.mapping.people import invitation_out
from app.api.archive.structs.people import (
    AcceptedOut,
    AcceptIn,
    ArchiveInvitationIn,
    GroupInvitationIn,
    InvitationIn,
    InvitationOut,
)
from app.wiring import Wiring

if TYPE_CHECKING:
    from accession.people.inviting import Made, Place

Asked = Request[Any, Any, Any]
_ONCE = "The token goes by mail; where the archive sends none, this answer has it, and only this one."


class OrganisationInvitations(Controller):
    """Invitations to an organisation, for those who manage it."""

    path = "/organisations/{slug:str}/invitations"
    tags = ("Organisations",)

    @get("/", summary="List the invitations", responses=problems(403, 404))
    async def list_invitations(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        slug: FromPath[str],
        page: PageNumber = 1,
        per_page: PerPage = 20,
    ) -> Response[list[InvitationOut]]:
        """Who was invited, newest first."""
        return await _listed(request, unit, await inviting.organisation_place(unit, slug), page, per_page)

    @post("/", summary="Invite somebody", description=_ONCE, responses=problems(403, 404, 409, 422))
    async def invite(
        self,
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        slug: FromPath[str],
        data: JSONBody[InvitationIn],
    ) -> Response[InvitationOut]:
        """Invite the owner of an e-mail address to a role; only owners invite owners."""
        return await _made(
            unit, wiring, await inviting.invite_to_organisation(unit, slug, data.email, MemberRole(data.role))
        )

    @delete("/{invitation_id:uuid}", summary="Take an invitation back", responses=problems(403, 404, 409))
    async def take_back(self, unit: NamedDependency[Unit], slug: FromPath[str], invitation_id: FromPath[UUID]) -> None:
        """End an invitation that was not accepted."""
        await inviting.revoke_invitation(unit, await inviting.organisation_place(unit, slug), invitation_id)


class GroupInvitations(Controller):
    """Invitations to a group, for its admins."""

    path = "/groups/{slug:str}/invitations"
    tags = ("Groups",)

    @get("/", summary="List the invitations", responses=problems(403, 404))
    async def list_invitations(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        slug: FromPath[str],
        page: PageNumber = 1,
        per_page: PerPage = 20,
    ) -> Response[list[InvitationOut]]:
        """Who was invited, newest first."""
        return await _listed(request, unit, await inviting.group_place(unit, slug), page, per_page)

    @post("/", summary="Invite somebody", description=_ONCE, responses=problems(403, 404, 409, 422))
    async def invite(
        self,
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        slug: FromPath[str],
        data: JSONBody[GroupInvitationIn],
    ) -> Response[InvitationOut]:
        """Invite the owner of an e-mail address to the group."""
        made = await inviting.invite_to_group(unit, slug, data.email, admin=data.admin)
        return await _made(unit, wiring, made)

    @delete("/{invitation_id:uuid}", summary="Take an invitation back", responses=problems(403, 404, 409))
    async def take_back(self, unit: NamedDependency[Unit], slug: FromPath[str], invitation_id: FromPath[UUID]) -> None:
        """End an invitation that was not accepted."""
        await inviting.revoke_invitation(unit, await inviting.group_place(unit, slug), invitation_id)


class Invitations(Controller):
    """Invitations to the archive itself, for its administrators; and accepting any of them."""

    path = "/invitations"
    tags = ("Accounts",)

    @get("/", summary="List the invitations to the archive", responses=problems(403))
    async def list_invitations(
        self, request: Asked, unit: NamedDependency[Unit], page: PageNumber = 1, per_page: PerPage = 20
    ) -> Response[list[InvitationOut]]:
        """Who was invited to open an account, newest first; for administrators of the archive."""
        return await _listed(request, unit, await inviting.archive_place(unit), page, per_page)

    @post("/", summary="Invite somebody to the archive", description=_ONCE, responses=problems(403, 409, 422))
    async def invite(
        self, unit: NamedDependency[Unit], wiring: NamedDependency[Wiring], data: JSONBody[ArchiveInvitationIn]
    ) -> Response[InvitationOut]:
        """Invite the owner of an e-mail address to open an account, as an administrator of the archive."""
        made = await inviting.invite_to_archive(unit, data.email, AccountRole(data.role))
        return await _made(unit, wiring, made)

    @delete("/{invitation_id:uuid}", summary="Take an invitation back", responses=problems(403, 404, 409))
    async def take_back(self, unit: NamedDependency[Unit], invitation_id: FromPath[UUID]) -> None:
        """End an invitation that was not accepted."""
        await inviting.revoke_invitation(unit, await inviting.archive_place(unit), invitation_id)

    @post("/accept", status_code=200, summary="Accept an invitation", responses=problems(409, 422))
    async def accept(self, unit: NamedDependency[Unit], data: JSONBody[AcceptIn]) -> AcceptedOut:
        """Join what the invitation is to; the caller's account must have the invited e-mail address."""
        row, organisation, group = await accept(unit, data.token)
        return AcceptedOut(organisation, group, row.role)


async def _listed(request: Asked, unit: Unit, place: Place, page: int, per_page: int) -> Response[list[InvitationOut]]:
    wanted = page_request(page, per_page, None, None)
    found = await inviting.invitations_to(unit, place, wanted)
    rows = [invitation_out(unit, invitation, inviter) for invitation, inviter in found.items]
    return Response(rows, headers=page_headers(request, wanted, found))


async def _made(unit: Unit, wiring: Wiring, made: Made) -> Response[InvitationOut]:
    """201 with the invitation; its token is mailed, or told to the inviter where no mail is sent."""
    inviter = await accounts.account_of(unit)
    mails = bool(wiring.settings.smtp_url)
    if mails:
        inviting.mail_invitation(unit, made, inviter=inviter.full_name, archive=wiring.settings.base_url)
    told = invitation_out(unit, made.invitation, inviter.name, None if mails else made.token)
    return Response(told, status_code=201, headers={"Cache-Control": "no-store"})
