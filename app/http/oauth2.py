"""`POST /oauth2/token`: trades a machine client's id and secret for a short access token (RFC 6749, section 4.4).

A controller that the root of the service and any dialect can put among their routes; it needs `wiring` alone and has
the bodies of RFC 6749 everywhere.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency

from accession.people import clients
from accession.people.scopes import written
from accession.people.tokens import access_token
from app.http.auth import caller_of
from app.http.problems import problem_of
from app.wiring import Wiring

_FORM = "application/x-www-form-urlencoded"
_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_WRONG = "The client is unknown or ended, or its secret is wrong."


class MachineTokenOut(msgspec.Struct, frozen=True):
    """An access token for `expires_in` seconds, within `scope`."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class RefusalOut(msgspec.Struct, frozen=True):
    """A refusal in the words of RFC 6749."""

    error: str
    error_description: str


class Refused(Exception):
    """The request is refused with an `error` of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Credentials(msgspec.Struct, frozen=True):
    """What a client shows."""

    client_id: str
    secret: str


def on_refusal(request: Request[Any, Any, Any], error: Exception) -> Response[RefusalOut]:
    """Any exception as RFC 6749 tells it; what is down or too large keeps its status."""
    del request
    if isinstance(error, Refused):
        status = 401 if error.error == "invalid_client" else 400
        told = {"WWW-Authenticate": 'Basic realm="seqark", charset="UTF-8"'} if status == 401 else {}
        return Response(RefusalOut(error.error, error.description), status_code=status, headers={**_NEVER_KEPT, **told})
    problem = problem_of(error)
    code = {503: "temporarily_unavailable"}.get(problem.status, "server_error" if problem.status >= 500 else None)
    body = RefusalOut(code or "invalid_request", problem.detail)
    return Response(body, status_code=problem.status, headers={**_NEVER_KEPT, **problem.headers})


class MachineTokens(Controller):
    """Tokens for machine clients."""

    path = "/oauth2"
    opt = {"ignores_bearer": True}  # noqa: RUF012  # Litestar's own form
    request_max_body_size = 16 * 1024
    exception_handlers = {Exception: on_refusal}  # noqa: RUF012

    @post("/token", status_code=200, summary="Trade machine credentials for an access token")
    async def trade(self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring]) -> Response[Any]:
        """Grant `client_credentials`; id and secret by HTTP Basic or in the form, `scope` for less than the whole."""
        form = _form_of(request.headers.get("content-type", ""), await request.body())
        given = _credentials(request.headers.get("authorization"), form)
        if form.get("grant_type") != "client_credentials":
            raise Refused("unsupported_grant_type", "'grant_type' must be client_credentials.")
        async with wiring.reading(caller_of(request.scope)) as unit:
            known = await clients.known_by_secret(unit, given.client_id, given.secret)
        if known is None:
            raise Refused("invalid_client", _WRONG)
        granted = _granted(known, form.get("scope", ""))
        async with wiring.writing(caller_of(request.scope)) as unit:
            await clients.note_use(unit, known.id)
        minutes = wiring.settings.access_token_minutes
        token = access_token(
            wiring.keys,
            known.account_id,
            now=wiring.clock.now(),
            minutes=minutes,
            scopes=None if known.whole and granted == known.scopes else granted,
            client_id=known.client_id,
        )
        return Response(MachineTokenOut(token, "bearer", minutes * 60, written(granted)), headers=_NEVER_KEPT)


def _form_of(content_type: str, body: bytes) -> dict[str, str]:
    """The form's fields; empty ones count as absent, and none may be there twice (RFC 6749, section 3.2)."""
    if content_type.partition(";")[0].strip().lower() != _FORM:
        raise Refused("invalid_request", f"The body must be a form: {_FORM}.")
    try:
        pairs = parse_qsl(body.decode(), errors="strict", max_num_fields=20)
    except ValueError:
        raise Refused("invalid_request", "The form cannot be read; it must be UTF-8 with at most 20 fields.") from None
    if len(dict(pairs)) < len(pairs):
        raise Refused("invalid_request", "A field of the form is there twice.")
    return dict(pairs)


def _credentials(header: str | None, form: dict[str, str]) -> Credentials:
    """The client's id and secret from one place; an id in the form beside HTTP Basic must be the same."""
    if header is None:
        if "client_id" not in form or "client_secret" not in form:
            raise Refused("invalid_client", "Send the client's id and secret, by HTTP Basic or in the form.")
        return Credentials(form["client_id"], form["client_secret"])
    scheme, _, encoded = header.partition(" ")
    try:
        text = b64decode(encoded.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise Refused("invalid_client", "The Authorization header must be HTTP Basic with the client's id and secret.")
    given = Credentials(unquote_plus(client_id), unquote_plus(secret))
    if "client_secret" in form or form.get("client_id", given.client_id) != given.client_id:
        raise Refused("invalid_request", "Send the client's credentials once: by HTTP Basic, or in the form.")
    return given


def _granted(known: clients.Known, wanted: str) -> frozenset[str]:
    """The scopes that are asked for, which must be the client's; all of them where none are named."""
    asked = frozenset(wanted.split())
    if not asked <= known.scopes:
        raise Refused("invalid_scope", f"This client has the scopes: {written(known.scopes)}.")
    return asked | {"read"} if asked else known.scopes
