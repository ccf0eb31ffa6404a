"""`seqark orgs|projects add`: the administrative commands; they work while the service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from accession.errors import NotFound
from accession.ids import Kind
from accession.people import accounts, organisations
from accession.people.rules import MemberRole
from accession.projects.rules import ProjectDraft
from accession.projects.service import register_project
from app.cli.opening import opened, run

if TYPE_CHECKING:
    from accession.people.models import Account
    from accession.unit import Unit


@click.group()
def orgs() -> None:
    """Organisations."""


@orgs.command("add")
@click.argument("slug")
@click.option("--title", help="The full name; the slug where it is left out.")
@click.option("--owner", help="Name or e-mail address of the account that owns it.")
def add_org(slug: str, title: str | None, owner: str | None) -> None:
    """Add an organisation: a lab, a centre or a company."""

    async def work() -> None:
        async with opened() as wiring, wiring.writing() as unit:
            organisation = await organisations.add_organisation(unit, slug, title=title)
            if owner is not None:
                account = await _account(unit, owner)
                await organisations.add_member(unit, organisation, account.id, role=MemberRole.OWNER)

    run(work())
    click.echo(f"Added the organisation {slug}.")


@click.group()
def projects() -> None:
    """Projects."""


@projects.command("add")
@click.argument("title")
@click.option("--owner", required=True, help="Name or e-mail address of the account that owns it.")
@click.option("--description", default="", help="What it is about; the title where it is left out.")
@click.option("--type", "project_type", default="Other", help="WGS, Metagenomics, Transcriptomics, …")
@click.option("--org", help="The slug of the owner's organisation that it belongs to.")
@click.option("--private", is_flag=True, help="Keep it to its owner and organisation.")
@click.option("--alias", help="A name of the owner's own; the same again answers the same accession.")
def add_project(
    title: str, owner: str, description: str, project_type: str, org: str | None, *, private: bool, alias: str | None
) -> None:
    """Register a project for somebody and print its accession alone."""

    async def work() -> str:
        async with opened() as wiring:
            async with wiring.reading() as unit:
                actor = await accounts.load_actor(unit, (await _account(unit, owner)).id)
            draft = ProjectDraft(
                title=title,
                description=description or title,
                project_type=project_type,
                organisation=org,
                alias=alias,
                visibility="private" if private else None,
            )
            async with wiring.writing(actor) as unit:
                serial, _ = await register_project(unit, draft, default_visibility=wiring.settings.default_visibility)
                return unit.accession(Kind.PROJECT, serial)

    click.echo(run(work()))


async def _account(unit: Unit, who: str) -> Account:
    found = await accounts.find(unit, who)
    if found is None:
        raise NotFound(f"There is no account {who!r}; add it with 'seqark users add'.")
    return found
