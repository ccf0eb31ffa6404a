"""Turns whatever ends a command into sentences that say what to do; only what nobody foresaw names its own type."""

from __future__ import annotations

from accession.errors import DomainError, Rejected
from app.settings import UnsafeSettings


class CommandFailed(Exception):
    """A command cannot do its work; the message is one sentence that says what to do."""


def told(error: Exception) -> list[str] | None:
    """The sentences for a person at the command line, or None where nobody foresaw the error."""
    match error:
        case Rejected():
            return [issue.message for issue in error.issues] or [error.detail]
        case DomainError() | CommandFailed() | UnsafeSettings():
            return [str(error)]
        case OSError(filename=str() as path):
            return [f"{path}: {error.strerror}; check the path and who may write there."]
        case _:
            return None
