"""Turns every exception into one problem: a status, a stable code and what a person reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException

from accession import errors
from accession.issues import Issue
from app.http.faults import faults_of

if TYPE_CHECKING:
    from litestar import Request

log = structlog.get_logger()

STATUSES: dict[type[errors.DomainError], int] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Denied: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.Rejected: 422,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
    errors.StoreUnavailable: 503,
}
_HTTP_CODES = {
    400: "malformed",
    401: "unauthenticated",
    403: "denied",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}


class Problem(msgspec.Struct, frozen=True):
    """What went wrong, before a dialect gives it its shape. `headers` go along with the answer."""

    status: int
    code: str
    detail: str
    issues: list[Issue] = []
    tombstone: dict[str, Any] | None = None
    headers: dict[str, str] = {}


def problem_of(error: Exception, request: Request[Any, Any, Any] | None = None) -> Problem:
    """The problem that an exception stands for; what nobody foresaw is logged and told as a plain 500."""
    match error:
        case ExceptionGroup(exceptions=[Exception() as only]):  # what a dependency made of a handler's exception
            return problem_of(only, request)
        case errors.Rejected():
            return Problem(422, error.code, error.detail, error.issues)
        case errors.Gone():
            return Problem(410, error.code, error.detail, tombstone=dict(error.tombstone))
        case errors.DomainError():
            status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)
            return Problem(status, error.code, error.detail, headers=_headers_of(error, status))
        case ValidationException():
            return Problem(400, "malformed", *_validation(error, request))
        case NotFoundException():
            return Problem(404, "not_found", "There is nothing at this address.")
        case MethodNotAllowedException():
            told = "This address does not take that method; 'Allow' names those that it takes."
            return Problem(405, "method_not_allowed", told, headers=dict(error.headers or {}))
        case HTTPException():
            code = _HTTP_CODES.get(error.status_code, "error")
            return Problem(error.status_code, code, str(error.detail), headers=dict(error.headers or {}))
        case _:
            log.error("unexpected_error", exc_info=error)
            return Problem(500, "internal_error", "Something failed inside; the log has it under this request's id.")


def _headers_of(error: errors.DomainError, status: int) -> dict[str, str]:
    """What else a client must know: how to sign in, or when to come again."""
    match error:
        case errors.Unauthenticated():
            return {"WWW-Authenticate": "Bearer"}
        case errors.InsufficientScope():
            return {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}
        case errors.TooManyRequests():
            return {"Retry-After": str(error.retry_after)}
    return {"Retry-After": "5"} if status == 503 else {}


def _validation(error: ValidationException, request: Request[Any, Any, Any] | None) -> tuple[str, list[Issue]]:
    """The framework's list of faults as issues, and a sentence naming the first."""
    found = faults_of(error, request)
    if found:
        first = found[0]
        return (f"{first.field}: {first.message}" if first.field else first.message), found
    return str(error.detail), found
