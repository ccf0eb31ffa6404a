"""Takes the messages of a laboratory's system, each once and whole: the records and the delivery in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from accession.audit import service as audit
from accession.base import new_id
from accession.errors import Conflict, Unauthenticated, Unavailable
from accession.lims.messages import Message, Outcome, SampleRegistered, SequencingComplete
from accession.lims.models import Delivery
from accession.lims.named import known_sample, put_experiment, put_sample
from accession.lims.sequenced import link_expected
from accession.people import accounts

if TYPE_CHECKING:
    from accession.actor import Actor
    from accession.unit import Unit


async def actor_of(unit: Unit, name: str) -> Actor:
    """Whom the laboratory's system acts for: the account with this name or e-mail address."""
    account = await accounts.find(unit, name)
    if account is not None:
        try:
            return await accounts.load_actor(unit, account.id)
        except Unauthenticated:
            pass  # deactivated: no better than none
    message = "The account of the laboratory's system is not there; an administrator sets SEQARK_LIMS_ACCOUNT."
    raise Unavailable(message, code="lims_account_missing")


async def take(unit: Unit, message: Message) -> Outcome:
    """Do what a message asks for, or answer what the same delivery did before; `Conflict` for other content.

    A message that is refused leaves no trace, so that it can be sent again once what was wrong with it is mended.
    """
    if not await _begin(unit, message):
        return await _before(unit, message)
    outcome = await _done(unit, message)
    kept = update(Delivery).where(Delivery.delivery_id == message.delivery_id)
    await unit.session.execute(kept.values(outcome=msgspec.to_builtins(outcome)))
    subject = outcome.experiment_accession or outcome.sample_accession
    told = {"event": message.event, "delivery_id": message.delivery_id, "occurred_at": message.occurred_at.isoformat()}
    audit.record(unit, "lims_delivery", subject, result=outcome.result, **told)
    return outcome


async def _done(unit: Unit, message: Message) -> Outcome:
    told = message.told
    if isinstance(told, SampleRegistered):
        accession, result = await put_sample(unit, told.sample, told.fields)
        return Outcome(message.delivery_id, message.event, result, accession)
    sample = await known_sample(unit, told.sample)
    sequenced = isinstance(told, SequencingComplete)
    experiment, result = await put_experiment(unit, sample, told.alias, told.fields, may_create=not sequenced)
    files = await link_expected(unit, experiment, told.files) if isinstance(told, SequencingComplete) else []
    return Outcome(message.delivery_id, message.event, result, sample.accession, experiment, files)


async def _begin(unit: Unit, message: Message) -> bool:
    """Insert the delivery unless there is one; PostgreSQL waits here for whoever is taking it at this moment."""
    build: Any = sqlite.insert if unit.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"id": new_id(), "delivery_id": message.delivery_id, "event": message.event}
    values |= {"body_digest": message.digest, "outcome": {}}
    taking = build(Delivery).values(**values).on_conflict_do_nothing(index_elements=["delivery_id"])
    return (await unit.session.execute(taking.returning(Delivery.id))).first() is not None


async def _before(unit: Unit, message: Message) -> Outcome:
    """What the delivery did when it was taken."""
    found = select(Delivery.body_digest, Delivery.outcome).where(Delivery.delivery_id == message.delivery_id)
    row = (await unit.session.execute(found)).one()
    if row.body_digest != message.digest:
        text = f"The delivery {message.delivery_id!r} was taken with other content; give each message an id of its own."
        raise Conflict(text, code="delivery_id_reused")
    return msgspec.convert(row.outcome, type=Outcome)
