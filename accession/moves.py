"""The states of records and the moves between them: the table of *States* as rules without a session. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from accession.issues import Issue

if TYPE_CHECKING:
    from datetime import date


class State(StrEnum):
    """What may be done with a record; `public` on a record means "as open as its project"."""

    DRAFT = "draft"
    PRIVATE = "private"
    PUBLIC = "public"
    SUPPRESSED = "suppressed"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"


GONE = (State.WITHDRAWN, State.REMOVED)
"""States of records that are no longer there for anything but their accession."""
CLOSED = (State.DRAFT, State.PRIVATE)
"""States in which a record was not shown to everyone yet."""
SHOWN = (State.PUBLIC, State.SUPPRESSED)
"""States in which a record of an open project answers everyone by its accession."""


class Move(StrEnum):
    """What can be done to the state of a record."""

    RELEASE = "release"
    SUPPRESS = "suppress"
    RESTORE = "restore"
    REPLACE = "replace"
    WITHDRAW = "withdraw"
    REMOVE = "remove"


class Visibility(StrEnum):
    """Who may see a record, derived from its state, its project's, and the day."""

    PRIVATE = "private"
    EMBARGOED = "embargoed"
    PUBLIC = "public"


class Standing(msgspec.Struct, frozen=True):
    """Where a record stands today. `follows` says that the state is not its own: its project or a parent has it."""

    state: State
    visibility: Visibility
    follows: bool = False

    @property
    def told(self) -> str:
        """The state in one word, as a sentence names it."""
        waits = self.state is State.PUBLIC and self.visibility is Visibility.EMBARGOED
        return Visibility.EMBARGOED.value if waits else self.state.value


def standing_of_project(state: str, release_date: date | None, today: date) -> Standing:
    """Where a project stands."""
    return Standing(State(state), visibility_of(state, release_date, today))


def standing_of(
    own: str, project: str, release_date: date | None, today: date, *, moved_with: str | None = None
) -> Standing:
    """Where a record stands that has the state `own` in a project with the state `project`."""
    seen = visibility_of(project, release_date, today)
    if own == State.PUBLIC:
        return Standing(State(project), seen, follows=project != State.PUBLIC or seen is not Visibility.PUBLIC)
    return Standing(State(own), min_visibility(visibility_of(own, None, today), seen), follows=moved_with is not None)


def state_told(own: str, project: str) -> str:
    """The state that a record's answer tells: its own, or its project's where it only follows that."""
    return project if own == State.PUBLIC else own


def visibility_of(state: str, release_date: date | None, today: date) -> Visibility:
    """`public`, `embargoed` or `private`, derived from a project's state and release date."""
    if state not in SHOWN:
        return Visibility.PRIVATE
    return Visibility.EMBARGOED if release_date is not None and release_date > today else Visibility.PUBLIC


def min_visibility(one: Visibility, other: Visibility) -> Visibility:
    """The narrower of two."""
    order = list(Visibility)
    return min(one, other, key=order.index)


def after(standing: Standing, move: Move) -> State | None:
    """The state that a move leads to, or None where the table has no such move.

    A record that follows another is released, suppressed and restored with that; it can only go by itself.
    """
    match move, standing.state, standing.visibility:
        case Move.RELEASE, State.DRAFT | State.PRIVATE, _ if not standing.follows:
            return State.PUBLIC
        case Move.RELEASE, State.PUBLIC, Visibility.EMBARGOED if not standing.follows:
            return State.PUBLIC
        case Move.SUPPRESS | Move.REPLACE, State.PUBLIC, Visibility.PUBLIC:
            return State.SUPPRESSED
        case Move.RESTORE, State.SUPPRESSED, _ if not standing.follows:
            return State.PUBLIC
        case Move.WITHDRAW, State.PUBLIC | State.SUPPRESSED, Visibility.PUBLIC:
            return State.WITHDRAWN
        case Move.REMOVE, State.DRAFT | State.PRIVATE, _:
            return State.REMOVED
        case Move.REMOVE, State.PUBLIC | State.SUPPRESSED, Visibility.EMBARGOED:
            return State.REMOVED
        case _:
            return None


def allowed(standing: Standing) -> list[Move]:
    """The moves that the table has from here."""
    return [move for move in Move if after(standing, move) is not None]


def beneath(parent: str, wanted: State = State.PUBLIC) -> State:
    """The state of a record below a parent that has the state `parent`: what is wanted, but no more open than that."""
    if wanted in CLOSED or parent == State.PUBLIC:
        return wanted
    return State.SUPPRESSED if parent == State.SUPPRESSED else State.PRIVATE


def opening_issues(*, draft: bool, visibility: str | None) -> list[Issue]:
    """What is wrong with how a new record is to begin."""
    if visibility not in {None, "public", "private"}:
        message = "'visibility' can be asked for as 'public' or 'private'; it follows from state and release_date."
        return [Issue("not_in_vocabulary", message, field="visibility")]
    if draft and visibility == "public":
        return [Issue("contradiction", "A draft is not public; leave out 'draft' or 'visibility'.", field="visibility")]
    return []


def opening_state(*, draft: bool, visibility: str | None) -> State:
    """The state that a new record begins with: as open as what it hangs on, unless it asks for less."""
    if draft:
        return State.DRAFT
    return State.PRIVATE if visibility == "private" else State.PUBLIC
