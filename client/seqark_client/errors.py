"""What can go wrong when speaking to an archive; `str()` of each is one sentence for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from seqark_client.answers import Issue

if TYPE_CHECKING:
    import httpx

    from seqark_client.answers import UploadTicket


class SeqarkError(Exception):
    """Base of all. `passing` says whether the same call may well succeed a moment later."""

    passing: ClassVar[bool] = False

    def __init__(self, message: str) -> None:
        sentence = " ".join(message.split())
        super().__init__(sentence if sentence.endswith((".", "!", "?")) else f"{sentence}.")


class ApiError(SeqarkError):
    """The archive refused. `code` is stable; `issues` names every fault where there are many; `retry_after` seconds."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str = "error",
        issues: tuple[Issue, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        self.issues = issues
        self.retry_after = retry_after
        super().__init__(_with_issues(detail, issues) + f" ({code}, HTTP {status})")


class BadRequest(ApiError):
    """400: the request could not be read, or a sheet has faults."""


class Unauthenticated(ApiError):
    """401: no token, or one that no longer holds."""


class Denied(ApiError):
    """403: the record is known to the caller, but this is not allowed."""


class NotFound(ApiError):
    """404: absent, or not visible to the caller."""


class Conflict(ApiError):
    """409: the state of things forbids it now."""


class Gone(ApiError):
    """410: withdrawn."""


class NotAcceptable(ApiError):
    """422: well-formed, but the archive does not take it; see `issues`."""


class TooMany(ApiError):
    """429: slower, please."""

    passing = True


class Unavailable(ApiError):
    """502, 503 or 504: a part that the request needs is down."""

    passing = True


class TransportFailed(SeqarkError):
    """The connection failed or broke before an answer was whole."""

    passing = True


class NotConnected(TransportFailed):
    """No connection came about, so nothing of the request can have been acted upon."""


class StoreRefused(SeqarkError):
    """The object store refused a presigned request; `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class StoreUnavailable(StoreRefused):
    """The object store could not serve a presigned request just now."""

    passing = True


class UnexpectedAnswer(SeqarkError):
    """The answer was none that this client understands."""


class FileChanged(SeqarkError):
    """A local file is not what it was when its upload began."""


class UploadInterrupted(SeqarkError):
    """An upload stopped before its end; `Uploads.resume` goes on from `ticket`."""

    def __init__(self, message: str, ticket: UploadTicket) -> None:
        self.ticket = ticket
        super().__init__(message)


class DownloadInterrupted(SeqarkError):
    """A download stopped before its end; saving the same run again goes on from there."""


class ChecksumMismatch(SeqarkError):
    """Bytes that arrived are not those of the record; none of them were kept."""


class WouldOverwrite(SeqarkError):
    """Another file has the name that a download would take."""


class NotSettled(SeqarkError):
    """What was waited for did not settle before the deadline."""


class _Problem(msgspec.Struct, frozen=True):
    title: str = ""
    detail: str = ""
    code: str = "error"
    issues: tuple[Issue, ...] = ()


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Denied,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: NotAcceptable,
    429: TooMany,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def error_of(response: httpx.Response) -> ApiError:
    """Read a refusal: RFC 9457 problem JSON where it is that, else what the status says."""
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem()
    detail = problem.detail or problem.title or f"The archive answered {response.reason_phrase or 'an error'}"
    return _BY_STATUS.get(response.status_code, ApiError)(
        response.status_code, detail, code=problem.code, issues=problem.issues, retry_after=retry_after_of(response)
    )


def retry_after_of(response: httpx.Response) -> float | None:
    """Give the seconds of a `Retry-After` header; None where there is none or it is a date."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None


def _with_issues(detail: str, issues: tuple[Issue, ...]) -> str:
    said = detail.strip().rstrip(".")
    if not issues:
        return said
    first = str(issues[0]).rstrip(".")
    said = first if issues[0].message.rstrip(".") == said else f"{said}: {first}"
    return said if len(issues) == 1 else f"{said}; and {len(issues) - 1} more"
