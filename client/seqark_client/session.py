"""Speaks HTTP to one archive: signs in, renews its token once when refused, and reads answers or errors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import msgspec

from seqark_client.answers import Tokens, User
from seqark_client.errors import NotConnected, SeqarkError, TransportFailed, UnexpectedAnswer, error_of
from seqark_client.patience import Patience
from seqark_client.store import trusted_certificates

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

API_ROOT = "/api/v1"
_LIMITS = httpx.Limits(keepalive_expiry=2.0)  # shorter than servers': a POST must not meet a connection just closed
_SAFE = frozenset({"GET", "HEAD"})


class Session:
    """One caller at one archive. Safe to share between threads."""

    def __init__(
        self, base_url: str, *, token: str | None = None, timeout: float = 30.0, patience: Patience | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.patience = patience or Patience()
        self.http = httpx.Client(base_url=self.base_url, timeout=timeout, limits=_LIMITS, verify=trusted_certificates())
        self._tokens = Tokens(token) if token else None
        self._renewal = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def register(self, email: str, password: str, full_name: str) -> User:
        """Make an account; it is not signed in by that."""
        body = {"email": email, "password": password, "full_name": full_name}
        return self.call("POST", "/auth/register", answer=User, json=body)

    def login(self, email: str, password: str) -> Tokens:
        """Sign in; later calls carry the token."""
        self._tokens = self.call("POST", "/auth/login", answer=Tokens, json={"email": email, "password": password})
        return self._tokens

    def me(self) -> User:
        """Give the account that is signed in."""
        return self.call("GET", "/auth/me", answer=User)

    def call(self, method: str, path: str, *, answer: type[T], **request: Any) -> T:
        """Send a request below `/api/v1` and decode its JSON answer.

        Raises:
            ApiError: the archive refused.
            TransportFailed: no whole answer came.
            UnexpectedAnswer: the answer is not of the type `answer`.
        """
        response = self.send(method, path, **request)
        return decoded(response, answer)

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request below `/api/v1`; statuses from 400 on raise.

        A GET is tried again after a passing failure, any other method only where no connection came about.
        """
        url = path if path.startswith(API_ROOT) else f"{API_ROOT}{path}"
        after = SeqarkError if method in _SAFE else NotConnected
        return self.patience.keep_trying(lambda: self._authorised(method, url, request), after=after)

    def page(self, address: str) -> httpx.Response:
        """Get a page by an address relative to the server's root, such as a report's, without the token."""
        return self.patience.keep_trying(lambda: _checked(self._sent("GET", address, {}, None)))

    def _authorised(self, method: str, url: str, request: Mapping[str, Any]) -> httpx.Response:
        tokens = self._tokens
        response = self._sent(method, url, request, tokens)
        renewable = response.status_code == httpx.codes.UNAUTHORIZED and not url.startswith(f"{API_ROOT}/auth/login")
        if renewable and tokens is not None and self._renewed(tokens):
            response = self._sent(method, url, request, self._tokens)
        return _checked(response)

    def _sent(self, method: str, url: str, request: Mapping[str, Any], tokens: Tokens | None) -> httpx.Response:
        headers = dict(request.get("headers") or {})
        if tokens is not None:
            headers["Authorization"] = f"Bearer {tokens.access_token}"
        try:
            return self.http.request(method, url, **{**request, "headers": headers})
        except httpx.TransportError as failure:
            raise transport_failed(f"{self.base_url} does not answer", failure) from failure

    def _renewed(self, refused: Tokens) -> bool:
        """Get a new access token unless another thread has done so since; False where that is not possible."""
        with self._renewal:
            if self._tokens is not refused:
                return self._tokens is not None
            if refused.refresh_token is None:
                return False
            body = {"refresh_token": refused.refresh_token}
            response = self._sent("POST", f"{API_ROOT}/auth/refresh", {"json": body}, None)
            if response.is_error:
                return False
            fresh = decoded(response, Tokens)
            self._tokens = msgspec.structs.replace(fresh, refresh_token=fresh.refresh_token or refused.refresh_token)
            return True


def decoded(response: httpx.Response, answer: type[T]) -> T:
    """Decode a JSON answer, or say what was expected."""
    try:
        return msgspec.json.decode(response.content, type=answer)
    except msgspec.DecodeError as failure:
        raise UnexpectedAnswer(
            f"{response.request.method} {response.request.url.path} answered something unexpected: {failure}"
        ) from failure


def transport_failed(what: str, failure: httpx.TransportError) -> TransportFailed:
    """Name a broken or absent connection."""
    unconnected = isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    kind = NotConnected if unconnected else TransportFailed
    return kind(f"{what}: {str(failure) or type(failure).__name__}")


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise error_of(response)
    return response
