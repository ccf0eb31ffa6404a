"""A model of the archive's states in plain objects: what each move does to a family, written a second time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from accession.moves import CLOSED, GONE, SHOWN, Move, Standing, State, after, standing_of, standing_of_project

if TYPE_CHECKING:
    from datetime import date


@dataclass(eq=False)
class Record:
    """One record as it ought to be. A project is its own `project`; `state` of a record in it is its own state."""

    accession: str
    parent: Record | None
    state: State
    keeper: str | None = None
    day: date | None = None
    children: list[Record] = field(default_factory=list)
    subject: Record | None = None

    @property
    def kind(self) -> str:
        return self.accession.split("-")[1]

    @property
    def project(self) -> Record:
        return self if self.parent is None else self.parent.project

    def standing(self, today: date) -> Standing:
        if self.parent is None:
            return standing_of_project(self.state, self.day, today)
        project = self.project
        return standing_of(self.state, project.state, project.day, today, moved_with=self.keeper)

    def family(self) -> list[Record]:
        """All that hangs on the record."""
        return [one for child in self.children for one in (child, *child.family())]

    def is_open(self, today: date) -> bool:
        """Whether everyone may read it by its accession."""
        project = self.project
        released = project.day is None or project.day <= today
        return self.state in SHOWN and project.state in SHOWN and released

    def move(self, move: Move, today: date, day: date | None = None) -> None:
        """Do a legal move, with all that it takes along."""
        standing = self.standing(today)
        state = after(standing, move)
        assert state is not None
        match move:
            case Move.WITHDRAW | Move.REMOVE:
                self._end(state)
            case Move.SUPPRESS | Move.REPLACE:
                self._suppress()
            case _ if self.parent is None:
                self.state, self.day = state, day if move is Move.RELEASE else self.day
            case _:
                self._open()

    def _end(self, state: State) -> None:
        for one in self.family():
            if one.state not in GONE:
                seen = state is State.WITHDRAWN and one.state in SHOWN
                one.state, one.keeper = State.WITHDRAWN if seen else State.REMOVED, self.accession
        self.state, self.keeper = state, None

    def _suppress(self) -> None:
        if self.parent is not None:
            for one in self.family():
                if one.state is State.PUBLIC:
                    one.state, one.keeper = State.SUPPRESSED, self.accession
        self.state, self.keeper = State.SUPPRESSED, None

    def _open(self) -> None:
        assert self.parent is not None
        state, keeper = below(self.parent)
        for one in self.family():
            if one.keeper == self.accession and one.state not in GONE:
                one.state, one.keeper = state, keeper
        self.state, self.keeper = state, keeper


def below(parent: Record, wanted: State = State.PUBLIC) -> tuple[State, str | None]:
    """The state of what is new, or opened, below a parent, and what keeps it from being more open."""
    if wanted in CLOSED or parent.parent is None or parent.state is State.PUBLIC:
        return wanted, None
    state = State.SUPPRESSED if parent.state is State.SUPPRESSED else State.PRIVATE
    return state, parent.keeper or parent.accession
