"""Speaks with the identity provider: its documents, its keys, and the trade of a code; never inside of a unit.

The library joserfc checks what the provider signs; here is only how its documents are fetched: with a limit of time and
size, without redirects, and kept for a while.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from accession.errors import Unauthenticated, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accession.people.sign_in import Departure
    from app.settings import Settings

log = structlog.get_logger()
T = TypeVar("T")

SECONDS = 10.0  # for one question, from the first byte to the last
KEPT = 3600.0  # seconds that a document is believed
PAUSE = 30.0  # seconds between two looks for a new key
REST = 5.0  # seconds in which a provider that failed is not asked for its documents again
_LIMIT = 512 * 1024
_SCOPE = "openid profile email"


class Traded(msgspec.Struct, frozen=True):
    """What the provider gave for a code."""

    id_token: str
    access_token: str | None = None


class _Document(msgspec.Struct, frozen=True):
    """What is needed of the provider's configuration (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


class OpenIdProvider:
    """One provider, as the settings name it."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self._secret = client_secret
        self._http = httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False)
        self._document: tuple[float, _Document] | None = None
        self._keys: tuple[float, list[Key]] | None = None
        self._failed_at = -REST
        self._asking = asyncio.Lock()

    async def authorization_url(self, going: Departure, redirect_uri: str) -> str:
        """Where a browser is sent to sign in."""
        endpoint = (await self._described()).authorization_endpoint
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": _SCOPE,
            "state": going.state,
            "nonce": going.nonce,
            "code_challenge": going.challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def trade(self, code: str, verifier: str, redirect_uri: str) -> Traded:
        """The tokens for a code; a code that the provider does not take is `Unauthenticated`."""
        document = await self._described()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        auth: httpx.BasicAuth | None = None
        if "client_secret_basic" in document.token_endpoint_auth_methods_supported:
            auth = httpx.BasicAuth(quote(self.client_id, safe=""), quote(self._secret, safe=""))
        else:
            form |= {"client_id": self.client_id, "client_secret": self._secret}
        status, body = await self._ask("POST", document.token_endpoint, data=form, auth=auth)
        if status == 400 and _refusal(body) == "invalid_grant":
            raise Unauthenticated("The identity provider took the sign-in back; begin again.", code="sign_in_refused")
        return _read(body, Traded, status, document.token_endpoint)

    async def about(self, access_token: str) -> dict[str, Any]:
        """What the provider tells of whom an access token is for; empty where it tells nothing."""
        endpoint = (await self._described()).userinfo_endpoint
        if endpoint is None:
            return {}
        status, body = await self._ask("GET", endpoint, headers={"Authorization": f"Bearer {access_token}"})
        return _read(body, dict[str, Any], status, endpoint)

    async def keys(self, kid: str | None, *, anew: bool = False) -> Sequence[Key]:
        """The provider's keys of this name, or all; `anew` as they were at most half a minute ago."""
        return [key for key in await self._known_keys(PAUSE if anew else KEPT) if kid is None or key.kid == kid]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _known_keys(self, age: float) -> list[Key]:
        """The keys as they were at most `age` seconds ago."""
        uri = (await self._described()).jwks_uri
        async with self._asking:
            if self._keys is None or time.monotonic() - self._keys[0] >= age:
                kept = await self._fetched(uri, dict[str, Any])
                try:
                    keys = list(KeySet.import_key_set(kept))  # type: ignore[arg-type]  # read as what it should be
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    raise _unavailable(uri, "no keys") from error
                self._keys = (time.monotonic(), keys)
            return self._keys[1]

    async def _described(self) -> _Document:
        """The provider's configuration, not older than an hour."""
        async with self._asking:
            if self._document is None or time.monotonic() - self._document[0] >= KEPT:
                document = await self._fetched(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", _Document)
                self._refuse_strange(document)
                self._document = (time.monotonic(), document)
            return self._document[1]

    async def _fetched(self, url: str, kind: type[T]) -> T:
        """A document; those who wait for it while the provider is down do not ask one after the other."""
        if time.monotonic() - self._failed_at < REST:
            raise _unavailable(url, "it failed a moment ago")
        try:
            status, body = await self._ask("GET", url)
            return _read(body, kind, status, url)
        except Unavailable:
            self._failed_at = time.monotonic()
            raise

    def _refuse_strange(self, document: _Document) -> None:
        """A document of another issuer, or with addresses that anybody may listen to, is not believed."""
        if document.issuer != self.issuer:
            raise _unavailable(self.issuer, f"its issuer is {document.issuer!r}; SEQARK_OIDC_ISSUER must be equal")
        secure = urlsplit(self.issuer).scheme == "https"
        told = (document.authorization_endpoint, document.token_endpoint, document.jwks_uri, document.userinfo_endpoint)
        for address in filter(None, told):
            if not address.startswith("https://" if secure else ("https://", "http://")):
                raise _unavailable(address, "not an https address")

    async def _ask(self, method: str, url: str, **options: Any) -> tuple[int, bytes]:
        """One question: its status and its body, which is bounded."""
        body = bytearray()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **options.pop("headers", {})}
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._http.stream(method, url, headers=headers, **options) as answer,
            ):
                async for chunk in answer.aiter_raw(64 * 1024):
                    body += chunk
                    if len(body) > _LIMIT:
                        raise _unavailable(url, "too long an answer")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            raise _unavailable(url, type(error).__name__) from error
        return answer.status_code, bytes(body)


def provider_of(settings: Settings) -> OpenIdProvider | None:
    """The provider that the settings name, if they do."""
    if not settings.oidc_issuer:
        return None
    return OpenIdProvider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)


def _refusal(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Refusal).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _read(body: bytes, kind: type[T], status: int, url: str) -> T:
    """The body of a good answer."""
    if status != 200:
        raise _unavailable(url, f"status {status}, {_refusal(body)[:80]}")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _unavailable(url, "not the JSON that it should be") from error


def _unavailable(url: str, reason: str) -> Unavailable:
    """What the caller is told; the log has the reason."""
    log.warning("oidc_unavailable", url=url, reason=reason)
    return Unavailable("The identity provider does not answer as it should; try again soon.", code="oidc_unavailable")
