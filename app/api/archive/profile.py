"""`/auth/me` and passwords: what people change of their own account, and the way back in by mail."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from accession.people import accounts, logins, profile, resets
from accession.unit import Unit
from app.api.archive.auth import BODY_LIMIT, BY_BODY, tokens_out
from app.api.archive.errors import problems
from app.api.archive.mapping.accounts import me_out
from app.api.archive.mapping.records import changes_of
from app.api.archive.structs.accounts import ForgotIn, ForgotOut, MeOut, PasswordIn, ProfilePatch, ResetIn
from app.api.archive.structs.auth import TokensOut
from app.http.deps import actor_of
from app.wiring import Wiring

_ASKED = "If an account has this address, a mail with a reset token is on its way to it."


class Profile(Controller):
    """The caller's own account."""

    path = "/auth"
    tags = ("Accounts",)
    request_max_body_size = BODY_LIMIT

    @get(
        "/me",
        summary="Who am I",
        description="The account of the bearer token, with its organisations.",
        responses=problems(),
        security=[{"bearer": []}],
    )
    async def me(self, unit: NamedDependency[Unit]) -> MeOut:
        """The caller's account."""
        account = await accounts.account_of(unit)
        return me_out(account, await profile.memberships(unit, account.id))

    @patch(
        "/me",
        summary="Change the own profile",
        description=(
            "Merges the given fields. Another `email` needs the `current_password` with it, and counts as unverified."
        ),
        responses=problems(403, 409, 413, 422),
        security=[{"bearer": []}],
    )
    async def change_me(
        self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring], data: JSONBody[ProfilePatch]
    ) -> MeOut:
        """Merge, in a short unit after the password was checked outside of any."""
        changes = changes_of(data)
        password = changes.pop("current_password", None)
        actor = actor_of(request)
        await profile.change_profile(wiring, actor, changes, current_password=password, lockout=wiring.lockout)
        async with wiring.reading(actor) as unit:
            account = await accounts.account_of(unit)
            return me_out(account, await profile.memberships(unit, account.id))

    @post(
        "/change-password",
        status_code=200,
        summary="Set another password",
        description="Ends every session of the account, and begins a new one for the caller.",
        responses=problems(403, 413, 422),
        security=[{"bearer": []}],
    )
    async def change_password(
        self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring], data: JSONBody[PasswordIn]
    ) -> Response[TokensOut]:
        """Check the one so far, set the new one, and answer tokens of a new session."""
        settings = wiring.settings
        begun = await logins.change_password(
            wiring,
            actor_of(request),
            data.current_password,
            data.new_password,
            days=settings.refresh_token_days,
            lockout=wiring.lockout,
        )
        return tokens_out(wiring, *begun)

    @post(
        "/forgot-password",
        status_code=202,
        summary="Have a reset token mailed",
        description="Answers the same for every address, whether or not an account has it.",
        opt=BY_BODY,
        responses=problems(413),
    )
    async def forgot_password(self, unit: NamedDependency[Unit], data: JSONBody[ForgotIn]) -> ForgotOut:
        """Note that a mail is wanted; a job finds out whether there is anybody to write to."""
        await resets.ask(unit, data.email)
        return ForgotOut(_ASKED)

    @post(
        "/reset-password",
        status_code=204,
        summary="Set a new password by a mailed token",
        description=(
            "The token is good once, for an hour. Ends every session of the account and its pause after wrong "
            "passwords; log in with the new password afterwards. Where the address was not verified before, personal "
            "access tokens, machine clients and linked identities end too: somebody else may have made them."
        ),
        opt=BY_BODY,
        responses=problems(413, 422),
    )
    async def reset_password(
        self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring], data: JSONBody[ResetIn]
    ) -> None:
        """Use the token up and set the password."""
        await resets.redeem(wiring, data.token, data.new_password, caller=actor_of(request))
