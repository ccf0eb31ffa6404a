"""Which exceptions are told as one sentence, and what is said where the sentence is not theirs."""

from __future__ import annotations

from accession.errors import DomainError
from app.db.migrate import SchemaProblem
from app.settings import UnsafeSettings
from app.storage.embedded import StoreStartFailed


class CommandFailed(Exception):
    """A command cannot do its work; the message is one sentence that says what to do."""


KNOWN: tuple[type[Exception], ...] = (DomainError, CommandFailed, UnsafeSettings, SchemaProblem, StoreStartFailed)
"""The exceptions whose text is meant for the person at the command line."""
