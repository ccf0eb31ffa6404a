"""`/groups`: people who are granted access together."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.paging import page_request
from accession.people import group_members, groups
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.lists import PageNumber, PerPage, page_headers
from app.api.archive.mapping.people import group_member_out, group_out
from app.api.archive.mapping.records import changes_of
from app.api.archive.structs.people import GroupIn, GroupMemberIn, GroupMemberOut, GroupOut, GroupPatch

Asked = Request[Any, Any, Any]


class Groups(Controller):
    """Groups and their members."""

    path = "/groups"
    tags = ("Groups",)

    @get("/", summary="List the own groups", responses=problems())
    async def list_groups(
        self, request: Asked, unit: NamedDependency[Unit], page: PageNumber = 1, per_page: PerPage = 20
    ) -> Response[list[GroupOut]]:
        """The groups that the caller belongs to, by slug; administrators of the archive see all."""
        wanted = page_request(page, per_page, None, None)
        found = await groups.groups_of(unit, wanted)
        return Response([group_out(*row) for row in found.items], headers=page_headers(request, wanted, found))

    @post("/", summary="Make a group", responses=problems(403, 409, 422))
    async def make(self, unit: NamedDependency[Unit], data: JSONBody[GroupIn]) -> GroupOut:
        """Make a group; the caller owns it and is its first admin."""
        return group_out(*await groups.make_group(unit, data.slug, data.title, data.description))

    @get("/{slug:str}", summary="Get a group", responses=problems(404))
    async def get_group(self, unit: NamedDependency[Unit], slug: FromPath[str]) -> GroupOut:
        """One of the groups that the caller belongs to."""
        return group_out(*await groups.standing_in_group(unit, slug))

    @patch("/{slug:str}", summary="Change a group", responses=problems(403, 404, 422))
    async def change(self, unit: NamedDependency[Unit], slug: FromPath[str], data: JSONBody[GroupPatch]) -> GroupOut:
        """Change title and description, as an admin; as the owner, hand the group over to another member."""
        return group_out(*await groups.change_group(unit, slug, changes_of(data)))

    @delete("/{slug:str}", summary="Delete a group", responses=problems(403, 404))
    async def remove(self, unit: NamedDependency[Unit], slug: FromPath[str]) -> None:
        """Delete the group, as its owner; all that was granted to it ends."""
        await groups.delete_group(unit, slug)

    @get("/{slug:str}/members", summary="List the members", responses=problems(404))
    async def list_members(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        slug: FromPath[str],
        page: PageNumber = 1,
        per_page: PerPage = 20,
    ) -> Response[list[GroupMemberOut]]:
        """Who belongs to the group, by name."""
        wanted = page_request(page, per_page, None, None)
        found = await group_members.group_members_of(unit, slug, wanted)
        return Response([group_member_out(*row) for row in found.items], headers=page_headers(request, wanted, found))

    @put("/{slug:str}/members/{name:str}", summary="Set a member", responses=problems(403, 404, 409))
    async def set_member(
        self,
        unit: NamedDependency[Unit],
        slug: FromPath[str],
        name: FromPath[str],
        data: JSONBody[GroupMemberIn | None] = None,
    ) -> GroupMemberOut:
        """Let the account with this name belong to the group, as an admin or not; the group's admins may."""
        admin = data.admin if data is not None else False
        return group_member_out(*await group_members.set_group_member(unit, slug, name, admin=admin))

    @delete("/{slug:str}/members/{name:str}", summary="Remove a member", responses=problems(403, 404, 409))
    async def remove_member(self, unit: NamedDependency[Unit], slug: FromPath[str], name: FromPath[str]) -> None:
        """End a membership and all that it gave; everybody may end their own, but the owner."""
        await group_members.remove_group_member(unit, slug, name)
