"""`seqark users …`: accounts, for whoever administers the machine; the commands work while the service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
import rich_click as click

from accession.actor import ARCHIVE
from accession.errors import NotFound
from accession.paging import MAX_PER_PAGE, PageRequest
from accession.people import accounts, administration, inviting
from accession.people.administration import AccountFilter
from accession.people.rules import AccountRole
from accession.projects.registration import add_account
from app.cli.opening import opened, run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from accession.people.models import Account
    from accession.unit import Unit

T = TypeVar("T")
_WHO = click.argument("account")
_ROLE = click.Choice([role.value for role in AccountRole])
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")


@click.group()
def users() -> None:
    """Accounts: add, list, invite, let in and shut out, give roles and passwords."""


@users.command("add")
@click.argument("name")
@click.option("--email", required=True, help="The e-mail address to sign in with.")
@click.option("--password", required=True, help="At least 8 characters.")
@click.option("--admin", is_flag=True, help="May administer the whole archive.")
@click.option("--can-run-pipelines", is_flag=True, help="May run pipelines.")
def add_user(name: str, email: str, password: str, *, admin: bool, can_run_pipelines: bool) -> None:
    """Open an account with a personal organisation and project."""

    async def work() -> None:
        async with opened() as wiring:
            await add_account(
                wiring, name=name, email=email, password=password, admin=admin, can_run_pipelines=can_run_pipelines
            )

    run(work())
    click.echo(f"Added {name} <{email}>.")


@users.command("list")
@click.option("--role", type=_ROLE, help="Only accounts of this role.")
@click.option("--active/--inactive", default=None, help="Only those who are let in, or who are not.")
@click.option("--begins", help="How the name or the e-mail address begins.")
@_JSON
def list_users(role: str | None, *, active: bool | None, begins: str | None, as_json: bool) -> None:
    """Print the accounts, newest first, one in a line with tabs: name, address, role, state, full name."""

    async def work() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        wanted = AccountFilter(role, active, begins)
        async with opened() as wiring, wiring.reading(ARCHIVE) as unit:
            number = 1
            while number:
                page = await administration.list_accounts(unit, wanted, PageRequest(number, MAX_PER_PAGE))
                found += [_told(unit, account) for account in page.items]
                number = number + 1 if page.next_before is not None else 0
        return found

    rows = run(work())
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        click.echo("\t".join((row["name"], row["email"], row["role"], _state(row), row["full_name"])))


@users.command("invite")
@click.argument("email")
@click.option("--role", type=_ROLE, default=AccountRole.SUBMITTER.value, help="The role of the account to be.")
@click.option("--by", "inviter", help="The administrator who invites; left out: the one who was first here.")
@_JSON
def invite_user(email: str, role: str, inviter: str | None, *, as_json: bool) -> None:
    """Invite somebody to open an account: mail it where mail is configured, and print the token alone."""

    async def work() -> dict[str, Any]:
        async with opened() as wiring:
            async with wiring.reading(ARCHIVE) as unit:
                by = await _inviter(unit, inviter)
                actor = await accounts.load_actor(unit, by.id)
            settings = wiring.settings
            async with wiring.writing(actor) as unit:
                invited = await inviting.invite_to_archive(unit, email, AccountRole(role))
                if settings.smtp_url:
                    inviting.mail_invitation(unit, invited, inviter=by.full_name, archive=settings.base_url)
                row = invited.invitation
                told = {"email": row.email, "role": row.role, "token": invited.token, "expires_at": row.expires_at}
                return {**told, "mailed": bool(settings.smtp_url)}

    made = run(work())
    if as_json:
        _print_json(made)
    else:
        click.echo(made["token"])


@users.command("set-role")
@_WHO
@click.argument("role", type=_ROLE)
@_JSON
def set_role(account: str, role: str, *, as_json: bool) -> None:
    """Give an account (name or e-mail address) another role."""
    changed = _change(account, lambda unit, row: administration.set_role(unit, str(row.id), AccountRole(role)))
    _print(changed, f"{changed['name']} is {changed['role']}.", as_json=as_json)


@users.command("activate")
@_WHO
@_JSON
def activate(account: str, *, as_json: bool) -> None:
    """Let an account in again."""
    changed = _change(account, lambda unit, row: administration.activate(unit, str(row.id)))
    _print(changed, f"{changed['name']} is let in.", as_json=as_json)


@users.command("deactivate")
@_WHO
@_JSON
def deactivate(account: str, *, as_json: bool) -> None:
    """Shut an account out at once; its sessions end and no token speaks for it."""
    changed = _change(account, lambda unit, row: administration.deactivate(unit, str(row.id)))
    _print(changed, f"{changed['name']} is shut out.", as_json=as_json)


@users.command("unlock")
@_WHO
@_JSON
def unlock(account: str, *, as_json: bool) -> None:
    """End an account's pause after many wrong passwords."""
    changed = _change(account, lambda unit, row: administration.unlock(unit, str(row.id)))
    _print(changed, f"{changed['name']} may log in again.", as_json=as_json)


@users.command("set-password")
@_WHO
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for where left out.")
@_JSON
def set_password(account: str, password: str, *, as_json: bool) -> None:
    """Set an account's password; its sessions and a pause after wrong ones end."""

    async def work() -> dict[str, Any]:
        async with opened() as wiring:
            async with wiring.reading(ARCHIVE) as unit:
                row = await _account(unit, account)
            await administration.give_password(wiring, row.id, password)
            async with wiring.reading(ARCHIVE) as unit:
                return _told(unit, await _account(unit, account))

    changed = run(work())
    _print(changed, f"The password of {changed['name']} is set.", as_json=as_json)


def _change(who: str, change: Callable[[Unit, Account], Awaitable[Account]]) -> dict[str, Any]:
    """Change one account, as the archive itself; what is known of it afterwards."""

    async def work() -> dict[str, Any]:
        async with opened() as wiring, wiring.writing(ARCHIVE) as unit:
            return _told(unit, await change(unit, await _account(unit, who)))

    return run(work())


async def _account(unit: Unit, who: str) -> Account:
    found = await accounts.find(unit, who)
    if found is None:
        raise NotFound(f"There is no account {who!r}; 'seqark users list' prints them all.")
    return found


async def _inviter(unit: Unit, who: str | None) -> Account:
    found = await administration.first_admin(unit) if who is None else await _account(unit, who)
    if found is None:
        raise NotFound("An invitation is from an administrator; add one with 'seqark users add NAME --admin …'.")
    return found


def _told(unit: Unit, account: Account) -> dict[str, Any]:
    """What the commands print of an account."""
    names = ("id", "name", "email", "full_name", "role", "active", "email_verified", "created_at")
    until = account.locked_until
    paused = until if until is not None and until > unit.now else None
    return {**{name: getattr(account, name) for name in names}, "paused_until": paused}


def _state(told: dict[str, Any]) -> str:
    if not told["active"]:
        return "inactive"
    return f"paused until {told['paused_until']:%Y-%m-%d %H:%M} UTC" if told["paused_until"] else "active"


def _print(told: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        _print_json(told)
    else:
        click.echo(sentence)


def _print_json(told: Any) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
