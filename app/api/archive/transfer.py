"""`/projects/{accession}/transfer`: a project gets another owner."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.catalog.transferring import transfer_project
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.mapping.sharing import level_of
from app.api.archive.structs.sharing import TransferIn, TransferOut


class ProjectTransfer(Controller):
    """Handing projects over."""

    path = "/projects/{accession:str}/transfer"
    tags = ("Sharing",)

    @post("/", status_code=200, summary="Hand a project over", responses=problems(403, 404, 409, 410, 422))
    async def transfer(
        self, unit: NamedDependency[Unit], accession: FromPath[str], data: JSONBody[TransferIn]
    ) -> TransferOut:
        """Make another account the owner; the owner and administrators of the archive may.

        The owner before keeps nothing, or what `keep` says. Without `organisation` the project stays in its shared
        organisation where the new owner may add projects, and goes to the new owner's own otherwise. The records keep
        who registered them, and with that their aliases. Reviewer links end, as the owner before knows them.
        """
        keep = level_of(data.keep) if data.keep is not None else None
        moved = await transfer_project(unit, accession, user=data.user, organisation=data.organisation, keep=keep)
        return TransferOut(*moved)
