"""The table of moves, case by case, and what is derived from states."""

from __future__ import annotations

from datetime import date

import pytest

from accession.moves import (
    Move,
    State,
    Visibility,
    after,
    allowed,
    beneath,
    standing_of,
    standing_of_project,
    state_told,
    visibility_of,
)

TODAY = date(2026, 3, 2)
LATER = date(2026, 3, 3)
FROM = {
    ("draft", None): {Move.RELEASE: "public", Move.REMOVE: "removed"},
    ("private", None): {Move.RELEASE: "public", Move.REMOVE: "removed"},
    ("public", LATER): {Move.RELEASE: "public", Move.REMOVE: "removed"},
    ("public", TODAY): {Move.SUPPRESS: "suppressed", Move.REPLACE: "suppressed", Move.WITHDRAW: "withdrawn"},
    ("public", None): {Move.SUPPRESS: "suppressed", Move.REPLACE: "suppressed", Move.WITHDRAW: "withdrawn"},
    ("suppressed", None): {Move.RESTORE: "public", Move.WITHDRAW: "withdrawn"},
    ("withdrawn", None): {},
    ("removed", None): {},
}


@pytest.mark.parametrize(("place", "moves"), FROM.items(), ids=str)
def test_a_project_moves_as_the_table_says(place: tuple[str, date | None], moves: dict[Move, str]) -> None:
    standing = standing_of_project(*place, TODAY)
    assert {move: after(standing, move) for move in Move if after(standing, move)} == moves
    assert allowed(standing) == [move for move in Move if move in moves]


RECORDS = {
    # own state, its project's state and day, what took it along: the moves, and the state and visibility told
    ("public", "public", None, None): ("suppress replace withdraw", "public", "public"),
    ("public", "public", LATER, None): ("remove", "public", "embargoed"),
    ("public", "private", None, None): ("remove", "private", "private"),
    ("public", "draft", None, None): ("remove", "draft", "private"),
    ("public", "suppressed", None, None): ("withdraw", "suppressed", "public"),
    ("private", "public", None, None): ("release remove", "private", "private"),
    ("draft", "private", None, None): ("release remove", "draft", "private"),
    ("private", "public", None, "NFDP-SAM-000001"): ("remove", "private", "private"),
    ("suppressed", "public", None, None): ("restore withdraw", "suppressed", "public"),
    ("suppressed", "public", None, "NFDP-SAM-000001"): ("withdraw", "suppressed", "public"),
    ("withdrawn", "public", None, None): ("", "withdrawn", "private"),
    ("public", "withdrawn", None, None): ("", "withdrawn", "private"),
}


@pytest.mark.parametrize(("place", "told"), RECORDS.items(), ids=str)
def test_a_record_moves_by_itself_only_where_the_state_is_its_own(
    place: tuple[str, str, date | None, str | None], told: tuple[str, str, str]
) -> None:
    own, project, day, keeper = place
    standing = standing_of(own, project, day, TODAY, moved_with=keeper)
    assert set(allowed(standing)) == set(told[0].split())
    assert (state_told(own, project), standing.visibility) == told[1:]


def test_an_embargo_ends_with_its_day() -> None:
    assert visibility_of("public", LATER, TODAY) is Visibility.EMBARGOED
    assert visibility_of("public", LATER, LATER) is Visibility.PUBLIC
    assert visibility_of("private", TODAY, LATER) is Visibility.PRIVATE


@pytest.mark.parametrize(
    ("parent", "wanted", "made"),
    [
        ("public", "public", "public"),
        ("public", "draft", "draft"),
        ("draft", "public", "private"),
        ("private", "draft", "draft"),
        ("suppressed", "public", "suppressed"),
        ("suppressed", "private", "private"),
    ],
)
def test_nothing_is_more_open_than_what_it_hangs_on(parent: str, wanted: str, made: str) -> None:
    assert beneath(parent, State(wanted)) == made
