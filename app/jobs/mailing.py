"""Sends the mails of the outbox: claimed in a short unit, written, sent outside of any, and noted as ended."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from uuid import UUID

from accession import outbox
from accession.actor import ARCHIVE
from accession.outbox import Claimed, Kind, Outcome
from accession.people import resets
from app import mail
from app.postbox import server_of

if TYPE_CHECKING:
    from accession.unit import Unit
    from app.wiring import Wiring

log = logging.getLogger(__name__)

SECONDS = 90.0  # for one attempt: shorter than a claim stands
A_ROUND = 20


async def send_mail(wiring: Wiring, key: str) -> bool:
    """Send the letter with the id `key`, if it is due and nobody else does; False where the server takes none now."""
    async with wiring.writing(ARCHIVE) as unit:
        letter = await outbox.claim(unit, UUID(key))
        body = None if letter is None else await _written(wiring, unit, letter)
    if letter is None:
        return True
    if body is None:
        outcome = Outcome.DROPPED
        if not wiring.settings.smtp_url:
            log.warning("no mail is sent without SEQARK_SMTP_URL; a mail (%s) was dropped", letter.kind.value)
    else:
        try:
            await _send(wiring, letter, body)
            outcome = Outcome.SENT
        except mail.MailRefused as error:
            outcome = Outcome.REFUSED
            log.warning("mail %s is given up: %s", letter.id, error)
        except mail.MailWaits as error:
            log.warning("mail %s waits after attempt %s: %s", letter.id, letter.attempts, error)
            async with wiring.writing(ARCHIVE) as unit:
                await outbox.put_off(unit, letter)
            return False
    async with wiring.writing(ARCHIVE) as unit:
        await outbox.end(unit, letter, outcome)
    return True


async def send_due(wiring: Wiring) -> None:
    """Send what is due, whatever hint was lost and however busy the workers are; the first outage ends the round."""
    async with wiring.writing(ARCHIVE) as unit:
        given_up = await outbox.tidy(unit)
        await resets.tidy(unit)
    if given_up:
        log.warning("%s mails were given up: the mail server did not take them in time", given_up)
    async with wiring.reading(ARCHIVE) as unit:
        due = await outbox.due(unit, A_ROUND)
    for letter_id in due:
        if not await send_mail(wiring, str(letter_id)):
            return


async def _written(wiring: Wiring, unit: Unit, letter: Claimed) -> str | None:
    """What the letter says; None where it is not to be sent."""
    if not wiring.settings.smtp_url:
        return None
    match letter.kind:
        case Kind.PLAIN:
            return letter.body
        case Kind.PASSWORD_RESET:
            return await resets.write(unit, letter.id, letter.recipient, base_url=wiring.settings.base_url)


async def _send(wiring: Wiring, letter: Claimed, body: str) -> None:
    """Hand one letter to the server within the time of a claim.

    When a worker ends after the server took it and before that is noted, it is sent once more: better twice than never.
    """
    settings = wiring.settings
    mark = f"{letter.id}.{letter.attempts}" if letter.body is None else str(letter.id)  # each try writes it anew
    text = mail.Text(mark, letter.recipient, letter.subject, body)
    message = mail.message_of(text, mail_from=settings.mail_from, now=wiring.clock.now())
    try:
        async with asyncio.timeout(SECONDS):
            await mail.send(server_of(settings.smtp_url), message)
    except TimeoutError:
        raise mail.MailWaits(f"The mail server took longer than {SECONDS:g} s.") from None
