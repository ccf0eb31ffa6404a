"""Pages of lists: by number for people, by cursor for machines (constant cost at any depth)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from accession.errors import Malformed

T = TypeVar("T")
EXACT_LIMIT = 10_000
MAX_PER_PAGE = 200


class PageRequest(msgspec.Struct, frozen=True):
    """Which page is wanted. `before` is the serial that the page ends before, from a cursor; it overrules `page`."""

    page: int = 1
    per_page: int = 20
    before: int | None = None
    exact: bool = False


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page, newest first. `total` is None where it was not counted; `at_least` says that there are more.

    `next_before` is the serial for the next cursor, or None on the last page.
    """

    items: Sequence[T]
    total: int | None
    at_least: bool
    next_before: int | None


def page_request(
    page: int, per_page: int, cursor: str | None, count: str | None, *, beyond: int = 2**62
) -> PageRequest:
    """Check what a caller asked for; anything outside is `Malformed`. `beyond` comes after every row's number."""
    if page < 1:
        raise Malformed("'page' must be 1 or more.")
    if not 1 <= per_page <= MAX_PER_PAGE:
        raise Malformed(f"'per_page' must be between 1 and {MAX_PER_PAGE}.")
    if page * per_page > 2**53:
        raise Malformed("'page' is beyond any page; use 'cursor' for deep paging.")
    if count not in {None, "exact"}:
        raise Malformed("'count' can only be 'exact'.")
    return PageRequest(page, per_page, _before(cursor, beyond) if cursor is not None else None, count == "exact")


def cursor_of(before: int) -> str:
    """The opaque text of a cursor."""
    return urlsafe_b64encode(f"b{before}".encode()).decode().rstrip("=")


def _before(cursor: str, beyond: int) -> int:
    """Read a cursor; the empty one begins at the newest."""
    if cursor == "":
        return beyond
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        text = ""
    if len(text) > len(str(beyond)) + 1 or text[:1] != "b" or not text[1:].isdecimal():
        raise Malformed("'cursor' is not one that this archive gave out; begin without it.")
    return min(int(text[1:]), beyond)
