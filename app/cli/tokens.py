"""`seqark tokens add|list|revoke`: personal access tokens of an account; the commands work while the service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import rich_click as click

from accession.errors import NotFound
from accession.paging import MAX_PER_PAGE, PageRequest
from accession.people import accounts, personal
from accession.people.scopes import TokenScope
from accession.people.wishes import Wish
from app.cli.opening import opened, run

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from accession.unit import Unit

_ACCOUNT = click.argument("account")
_TOLD = ("id", "name", "scopes", "created_at", "expires_at", "last_used_at")


@click.group()
def tokens() -> None:
    """Personal access tokens."""


@tokens.command("add")
@_ACCOUNT
@click.option("--name", default="command line", help="What the token is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in TokenScope]),
    help="What it is good for; may be given more than once. Left out: all that the account may.",
)
@click.option("--days", type=int, help="It ends after so many days; left out: never.")
def add_token(account: str, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a token for an account (name or e-mail address) and print it alone; it is told only this once."""

    async def work() -> str:
        async with opened() as wiring, wiring.writing() as unit:
            wish = Wish(name=name, scopes=list(scopes) or None, days=days)
            return (await personal.add_token(unit, await _account(unit, account), wish))[1]

    click.echo(run(work()))


@tokens.command("list")
@_ACCOUNT
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")
def list_tokens(account: str, *, as_json: bool) -> None:
    """Print an account's tokens, one in a line with tabs: id, name, scopes, end, last use; never a token itself."""

    async def work() -> list[Any]:
        found: list[Any] = []
        async with opened() as wiring, wiring.reading() as unit:
            account_id = await _account(unit, account)
            while len(found) % MAX_PER_PAGE == 0:
                wanted = PageRequest(len(found) // MAX_PER_PAGE + 1, MAX_PER_PAGE)
                page = await personal.list_tokens(unit, account_id, wanted)
                found += page.items
                if page.next_before is None:
                    break
        return found

    rows = run(work())
    if as_json:
        told = [{name: getattr(row, name) for name in _TOLD} for row in rows]
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    for row in rows:
        scopes = ",".join(row.scopes) if row.scopes is not None else "everything"
        used = f"used {_day(row.last_used_at)}"
        click.echo("\t".join((str(row.id), row.name, scopes, f"ends {_day(row.expires_at)}", used)))


@tokens.command("revoke")
@_ACCOUNT
@click.argument("token_id", type=click.UUID)
def revoke_token(account: str, token_id: UUID) -> None:
    """End one of an account's tokens, by the id that `seqark tokens list` prints."""

    async def work() -> None:
        async with opened() as wiring, wiring.writing() as unit:
            await personal.revoke(unit, await _account(unit, account), token_id)

    run(work())
    click.echo(f"Revoked {token_id}.")


async def _account(unit: Unit, who: str) -> UUID:
    found = await accounts.find(unit, who)
    if found is None:
        raise NotFound(f"There is no account {who!r}; add it with 'seqark users add'.")
    return found.id


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d}"
