"""The scopes of a token: whether it may change anything, and whether an administrator's powers come with it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from accession.errors import InsufficientScope
from accession.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Iterable


class TokenScope(StrEnum):
    """What a token is good for. Every token reads; without any scopes named it may all that its account may."""

    READ = "read"
    WRITE = "write"  # and changes what its account may change
    ADMIN = "admin"  # and has an administrator's powers, where its account has them


_ORDER = tuple(scope.value for scope in TokenScope)


def scope_issues(scopes: Iterable[str]) -> list[Issue]:
    """What is wrong with the scopes that are asked for a new token."""
    asked = list(scopes)
    unknown = sorted({scope for scope in asked if scope not in _ORDER})
    if asked and not unknown:
        return []
    told = f"{unknown[0][:40]!r} is no scope" if unknown else "name at least one scope"
    return [Issue("unknown_scope", f"{told}; there are {', '.join(_ORDER)}.", field="scopes")]


def scopes_of(text: str) -> frozenset[str]:
    """The scopes of a text with blanks between them, as OAuth 2.0 writes them; reading is in all of them."""
    return frozenset(text.split()) | {TokenScope.READ.value}


def written(scopes: Iterable[str]) -> str:
    """The scopes as OAuth 2.0 writes them."""
    named = set(scopes)
    return " ".join(scope for scope in _ORDER if scope in named)


def kept(scopes: Iterable[str] | None) -> list[str] | None:
    """The scopes as a token keeps them: in one order, with reading; None for everything."""
    return None if scopes is None else written({*scopes, TokenScope.READ.value}).split()


def is_within(asked: Iterable[str] | None, own: frozenset[str] | None) -> bool:
    """Whether the scopes that are asked for (None: everything) lie within one's own."""
    return own is None or (asked is not None and set(asked) <= own | {TokenScope.READ.value})


def require_within(asked: Iterable[str] | None, own: frozenset[str] | None) -> None:
    """Raise `InsufficientScope` where a token asks for another with wider scopes than its own."""
    if not is_within(asked, own):
        raise InsufficientScope(
            f"A token cannot make one with wider scopes than its own; ask for scopes among: {written(own or ())}."
        )
