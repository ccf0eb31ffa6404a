"""The one tree of errors that the domain raises; each carries a stable code and never an HTTP status."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from accession.issues import Issue


class DomainError(Exception):
    """Base of all refusals.

    `code` is stable, machine-readable and snake_case; `detail` is one sentence for a person that says what to do.
    """

    code: ClassVar[str] = "error"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code  # type: ignore[misc]  # an instance may be more precise than its class


class Malformed(DomainError):
    """The request itself cannot be read (HTTP: 400)."""

    code = "malformed"


class Unauthenticated(DomainError):
    """No credential, or one that does not hold (HTTP: 401)."""

    code = "unauthenticated"


class Denied(DomainError):
    """The caller may see the thing but not do this to it (HTTP: 403)."""

    code = "denied"


class InsufficientScope(Denied):
    """The account may do this, but not by this token (HTTP: 403)."""

    code = "insufficient_scope"


class NotFound(DomainError):
    """Absent, or not visible to the caller; the two are never told apart (HTTP: 404)."""

    code = "not_found"


class Conflict(DomainError):
    """The state of things forbids it now (HTTP: 409)."""

    code = "conflict"


class Gone(DomainError):
    """The record was withdrawn or removed; `tombstone` is what remains of it (HTTP: 410)."""

    code = "gone"

    def __init__(self, detail: str, tombstone: Mapping[str, object]) -> None:
        super().__init__(detail)
        self.tombstone = tombstone


class PreconditionFailed(DomainError):
    """The record is no longer what the caller changed (HTTP: 412)."""

    code = "precondition_failed"


class TooLarge(DomainError):
    """More bytes, rows or cells than allowed (HTTP: 413)."""

    code = "too_large"


class Rejected(DomainError):
    """Well-formed but not acceptable; `issues` names every fault (HTTP: 422)."""

    code = "invalid"

    def __init__(self, issues: Sequence[Issue], detail: str | None = None) -> None:
        super().__init__(detail or (issues[0].message if issues else "The request is not acceptable."))
        self.issues = list(issues)


class TooManyRequests(DomainError):
    """More requests than the caller has in an hour; `retry_after` is in seconds (HTTP: 429)."""

    code = "too_many_requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A part that this request needs is down or not configured (HTTP: 503)."""

    code = "unavailable"


class StoreUnavailable(Unavailable):
    """The object store does not answer (HTTP: 503)."""

    code = "store_unavailable"
