"""Whoever changes the audit behind the archive's back is found, and the first row that tells it is named."""

from __future__ import annotations

import pytest

from accession.audit import verifying
from accession.audit.chain import CONTENT, START, Head, sealed
from tests.audit.events import add_events, events, sealed_events, tamper, verdict

pytestmark = pytest.mark.anyio

CHANGES = {
    "verb": "verb = 'release'",
    "subject": "subject = 'NFDP-RUN-000001'",
    "address": "address = '198.51.100.1'",
    "request_id": "request_id = NULL",
    "actor_id": "actor_id = NULL",
    "at": "at = '2020-01-01 00:00:00'",
    "created_at": "created_at = '2020-01-01 00:00:00'",
    "updated_at": "updated_at = '2020-01-01 00:00:00'",
    "detail": 'detail = \'{"fields":["tax_id"]}\'',
    "seal": f"seal_digest = '{'a' * 64}'",
}


async def test_an_untouched_audit_is_intact_and_tells_what_waits(wiring):
    assert (await verdict(wiring)).intact, "an empty one too"
    await sealed_events(wiring, 5)
    await add_events(wiring, 2)
    found = await verdict(wiring)
    assert (found.intact, found.checked, found.unsealed, found.head.number) == (True, 5, 2, 5)


@pytest.mark.parametrize("column", CHANGES)
async def test_a_changed_event_is_named(wiring, column):
    await sealed_events(wiring, 5)
    third = (await events(wiring))[2]
    await tamper(wiring, f"UPDATE events SET {CHANGES[column]} WHERE seal_number = 3")
    found = await verdict(wiring)
    assert (found.intact, found.checked) == (False, 2)
    assert (found.fault.code, found.fault.number, found.fault.event_id) == ("altered", 3, third.id)


async def test_a_removed_event_is_named_by_its_number(wiring):
    await sealed_events(wiring, 5)
    await tamper(wiring, "DELETE FROM events WHERE seal_number = 3")
    fault = (await verdict(wiring)).fault
    assert (fault.code, fault.number) == ("removed", 3)


async def test_closing_the_gap_of_a_removed_event_does_not_hide_it(wiring):
    await sealed_events(wiring, 5)
    shift = [f"UPDATE events SET seal_number = {n - 1} WHERE seal_number = {n}" for n in (4, 5)]
    await tamper(wiring, "DELETE FROM events WHERE seal_number = 3", *shift)
    fault = (await verdict(wiring)).fault
    assert (fault.code, fault.number) == ("altered", 3)


async def test_an_event_put_between_others_is_named(wiring):
    await sealed_events(wiring, 4)
    await add_events(wiring, 1)
    shift = [f"UPDATE events SET seal_number = {n + 1} WHERE seal_number = {n}" for n in (4, 3)]
    put = f"UPDATE events SET seal_number = 3, seal_digest = '{'b' * 64}' WHERE seal_number IS NULL"
    await tamper(wiring, *shift, put)
    fault = (await verdict(wiring)).fault
    assert (fault.code, fault.number) == ("altered", 3)


@pytest.mark.parametrize(("number", "code"), [(0, "inserted"), (-5, "inserted"), (5, "altered"), (9, "removed")])
async def test_an_event_put_before_or_behind_the_others_is_found(wiring, number, code):
    await sealed_events(wiring, 4)
    await add_events(wiring, 1)
    seal = f"seal_number = {number}, seal_digest = '{'b' * 64}'"
    await tamper(wiring, f"UPDATE events SET {seal} WHERE seal_number IS NULL")
    assert (await verdict(wiring)).fault.code == code


async def test_a_well_made_seal_behind_the_head_is_found(wiring):
    await sealed_events(wiring, 2)
    await add_events(wiring, 1)
    last, forged = (await events(wiring))[1:] if wiring.settings.database_url else _by_seal(await events(wiring))
    seal = sealed(Head(2, last.seal_digest), [getattr(forged, name) for name in CONTENT])
    put = f"UPDATE events SET seal_number = 3, seal_digest = '{seal.digest}' WHERE seal_number IS NULL"
    await tamper(wiring, put)
    fault = (await verdict(wiring)).fault
    assert (fault.code, fault.number) == ("inserted", 3)


def _by_seal(found):
    """SQLite puts what has no number first."""
    return sorted(found, key=lambda event: event.seal_number or 99)[1:]


async def test_two_events_that_changed_places_are_found(wiring):
    await sealed_events(wiring, 5)
    moves = [(2, 99), (3, 2), (99, 3)]
    await tamper(wiring, *(f"UPDATE events SET seal_number = {b} WHERE seal_number = {a}" for a, b in moves))
    fault = (await verdict(wiring)).fault
    assert (fault.code, fault.number) == ("altered", 2)


async def test_a_tail_that_was_cut_off_is_found_by_the_kept_head(wiring):
    await sealed_events(wiring, 5)
    await tamper(wiring, "DELETE FROM events WHERE seal_number > 3")
    fault = (await verdict(wiring)).fault
    assert (fault.code, fault.number) == ("truncated", 4)
    await tamper(wiring, "DELETE FROM events")
    fault = (await verdict(wiring)).fault
    assert (fault.code, fault.number) == ("truncated", 1)


async def test_a_chain_made_anew_is_found_by_a_head_from_elsewhere(wiring):
    """The whole tail and the kept head computed again: only who has kept a head elsewhere can tell."""
    await sealed_events(wiring, 3)
    kept = (await verdict(wiring)).head
    await tamper(wiring, "UPDATE events SET verb = 'release' WHERE seal_number = 2")
    head, found = START, await events(wiring)
    for event in found:
        head = sealed(head, [getattr(event, name) for name in CONTENT])
        await tamper(wiring, f"UPDATE events SET seal_digest = '{head.digest}' WHERE seal_number = {head.number}")
    await tamper(wiring, f"UPDATE seal_heads SET digest = '{head.digest}'")
    assert (await verdict(wiring)).intact
    fault = (await verdict(wiring, kept)).fault
    assert (fault.code, fault.number) == ("head_altered", 3)
    assert (await verdict(wiring, Head(9, "a" * 64))).fault.code == "truncated"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM seal_heads", "head_missing"),
        (f"UPDATE seal_heads SET digest = '{'c' * 64}'", "head_altered"),
        ("UPDATE seal_heads SET number = 1", "head_altered"),
    ],
)
async def test_a_head_that_was_tampered_with_is_told(wiring, statement, code):
    await sealed_events(wiring, 3)
    await tamper(wiring, statement)
    assert (await verdict(wiring)).fault.code == code


async def test_the_chain_is_read_in_pages(wiring, monkeypatch):
    monkeypatch.setattr(verifying, "PAGE", 3)
    await sealed_events(wiring, 8)
    found = await verdict(wiring)
    assert (found.intact, found.checked) == (True, 8)
