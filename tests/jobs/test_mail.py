"""Mail through the outbox: sent by a running worker, tried again after an outage, given up for good reasons only."""

from __future__ import annotations

import asyncio
import re

import msgspec
import pytest
from sqlalchemy import select, update

from accession import outbox
from accession.errors import Unauthenticated
from accession.outbox import Kind, Letter
from accession.people import logins, resets
from accession.people.credentials import PasswordReset
from accession.people.models import Account
from accession.people.rules import Lockout
from app.jobs import mailing
from tests.jobs.ingest import eventually, working
from tests.servers.mail import running_mail

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_passwords")]
AUTH = "/api/v1/auth"
NEW = "another password"
PEOPLE = ("ana@example.org", "alice@example.org")


@pytest.fixture
def mailserver(wiring):
    """A mailbox that the archive's mail goes to."""
    with running_mail() as (box, port):
        use(wiring, port)
        yield box


def use(wiring, port):
    wiring.settings = msgspec.structs.replace(
        wiring.settings,
        smtp_url=f"smtp://127.0.0.1:{port}",
        mail_from="SeqArk <archive@example.net>",
        public_url="https://archive.test",
    )


async def forgotten(wiring, email):
    async with wiring.writing() as unit:
        await resets.ask(unit, email)


async def put(wiring, recipient="ana@example.org", body="Hello", subject="Greetings"):
    async with wiring.writing() as unit:
        return outbox.put(unit, recipient, subject, body=body)


async def letter(wiring, letter_id):
    async with wiring.reading() as unit:
        return await unit.session.get(Letter, letter_id)


def token_in(message):
    return re.search(r"^ {4}([\w-]{40,})$", message.get_content().replace("\r", ""), re.MULTILINE).group(1)


async def resetting(wiring, token, password=NEW):
    try:
        await resets.redeem(wiring, token, password)
    except Unauthenticated as refused:
        return refused.code
    return None


async def test_a_forgotten_password_is_set_by_a_mail_that_a_running_worker_sends(api, wiring, alice, mailserver):
    login = {"email": alice.email, "password": alice.password}
    session = (await api.post(f"{AUTH}/login", json=login)).json()
    async with working(wiring):
        for address in ("nobody@example.org", alice.email):
            assert (await api.post(f"{AUTH}/forgot-password", json={"email": address})).status_code == 202
        await eventually(lambda: asyncio.sleep(0, mailserver.messages))
    (message,) = mailserver.messages
    assert (message["To"], message["From"]) == (alice.email, "SeqArk <archive@example.net>")
    token = token_in(message)
    text = message.get_content()
    assert f"https://archive.test/reset-password?token={token}" in text
    assert "POST https://archive.test/api/v1/auth/reset-password" in text
    async with wiring.reading() as unit:
        rows = [*await unit.session.scalars(select(Letter)), *await unit.session.scalars(select(PasswordReset))]
    assert all(token not in str(vars(row)) for row in rows)

    short = await api.post(f"{AUTH}/reset-password", json={"token": token, "new_password": "short"})
    assert (short.status_code, short.json()["issues"][0]["field"]) == (422, "new_password")
    done = await api.post(f"{AUTH}/reset-password", json={"token": token, "new_password": NEW})
    assert (done.status_code, done.content) == (204, b"")
    again = await api.post(f"{AUTH}/reset-password", json={"token": token, "new_password": "yet another one"})
    assert (again.status_code, again.json()["code"]) == (401, "invalid_token")
    assert (await api.post(f"{AUTH}/login", json=login)).status_code == 401
    refresh = {"refresh_token": session["refresh_token"]}
    assert (await api.post(f"{AUTH}/refresh", json=refresh)).status_code == 401
    assert (await api.get(f"{AUTH}/me", headers=alice.headers)).status_code == 401
    fresh = (await api.post(f"{AUTH}/login", json={**login, "password": NEW})).json()
    me = await api.get(f"{AUTH}/me", headers={"Authorization": f"Bearer {fresh['access_token']}"})
    assert me.json()["email_verified"] is True


async def test_a_worker_that_starts_later_sends_what_was_put_before(wiring, mailserver):
    letter_id = await put(wiring)

    async def ended():
        return (await letter(wiring, letter_id)).outcome

    async with working(wiring):
        assert await eventually(ended) == "sent"
    assert [message["Subject"] for message in mailserver.messages] == ["Greetings"]
    assert (await letter(wiring, letter_id)).body is None


async def test_nobody_is_written_to_who_has_no_account_or_is_shut_out(wiring, alice, mailserver):
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(active=False))
    for address in (alice.email, "nobody@example.org"):
        await forgotten(wiring, address)
    await mailing.send_due(wiring)
    assert mailserver.messages == []
    async with wiring.reading() as unit:
        letters = (await unit.session.scalars(select(Letter))).all()
        assert (await unit.session.scalars(select(PasswordReset))).all() == []
    assert {(found.outcome, found.due_at) for found in letters} == {("dropped", None)}


async def test_what_a_server_that_is_down_did_not_take_is_sent_once_it_is_up(wiring, alice, clock):
    with running_mail() as (_, port):
        use(wiring, port)
    await forgotten(wiring, alice.email)
    plain = await put(wiring)
    for attempt in (1, 2, 3):
        await mailing.send_due(wiring)
        clock.advance(minutes=1)
        assert (await letter(wiring, plain)).attempts <= attempt
    with running_mail(port=port) as (box, _):
        clock.advance(minutes=15)
        await mailing.send_due(wiring)
    assert sorted(message["To"] for message in box.messages) == [alice.email, "ana@example.org"]
    row = await letter(wiring, plain)
    assert (row.outcome, row.due_at, row.body) == ("sent", None, None)
    async with wiring.reading() as unit:
        assert len((await unit.session.scalars(select(PasswordReset))).all()) == 1
    (message,) = (message for message in box.messages if message["To"] == alice.email)
    assert await resetting(wiring, token_in(message)) is None


async def test_pauses_between_tries_double(wiring, clock):
    with running_mail() as (_, port):
        use(wiring, port)
    letter_id = await put(wiring)
    pauses = []
    for _ in range(12):
        assert await mailing.send_mail(wiring, str(letter_id)) is False
        pause = (await letter(wiring, letter_id)).due_at - clock.now()
        pauses.append(round(pause.total_seconds()))
        clock.advance(seconds=pauses[-1] + 1)
    assert [4 < pauses[0] <= 5, 9 < pauses[1] <= 10, 19 < pauses[2] <= 20] == [True] * 3
    assert pauses[-1] == 900


async def test_a_recipient_who_is_refused_gets_no_more_tries_and_bars_no_others(wiring, mailserver, caplog):
    mailserver.refusals["gone@example.org"] = "550 no such user"
    refused, sent = await put(wiring, "gone@example.org", "secret words"), await put(wiring)
    await mailing.send_due(wiring)
    assert [message["To"] for message in mailserver.messages] == ["ana@example.org"]
    row = await letter(wiring, refused)
    assert (row.outcome, row.body, row.due_at, row.attempts) == ("refused", None, None, 1)
    assert (await letter(wiring, sent)).outcome == "sent"
    assert "550" in caplog.text
    assert "secret words" not in caplog.text
    assert "gone@example.org" not in caplog.text


async def test_a_mail_whose_worker_died_is_sent_by_another(wiring, clock, mailserver):
    letter_id = await put(wiring)
    async with wiring.writing() as unit:
        assert await outbox.claim(unit, letter_id) is not None
    await mailing.send_due(wiring)
    assert mailserver.messages == []
    clock.advance(minutes=3)
    await mailing.send_due(wiring)
    assert len(mailserver.messages) == 1


async def test_a_mail_that_was_taken_but_not_noted_is_sent_again_and_a_reader_can_tell(
    wiring, alice, clock, mailserver
):
    plain = await put(wiring)
    await forgotten(wiring, alice.email)
    async with wiring.reading() as unit:
        ids = [plain, await unit.session.scalar(select(Letter.id).where(Letter.kind == "password_reset"))]
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(outbox, "end", lambda *_: asyncio.sleep(0))
        for letter_id in ids:
            await mailing.send_mail(wiring, str(letter_id))
    clock.advance(minutes=3)
    await mailing.send_due(wiring)
    marks = [[message["Message-ID"] for message in mailserver.messages if message["To"] == to] for to in PEOPLE]
    assert [(len(found), len(set(found))) for found in marks] == [(2, 1), (2, 2)]
    first, second = (token_in(message) for message in mailserver.messages if message["To"] == alice.email)
    assert [await resetting(wiring, first), await resetting(wiring, second)] == ["invalid_token", None]


async def test_of_workers_that_take_one_mail_at_once_one_sends_it(wiring, mailserver):
    letter_id = await put(wiring)
    await asyncio.gather(*(mailing.send_mail(wiring, str(letter_id)) for _ in range(5)))
    await mailing.send_mail(wiring, str(letter_id))
    assert len(mailserver.messages) == 1


async def test_without_a_mail_server_mail_is_dropped_and_the_log_says_so(wiring, alice, caplog):
    await forgotten(wiring, alice.email)
    letter_id = await put(wiring)
    await mailing.send_due(wiring)
    assert caplog.text.count("SEQARK_SMTP_URL") == 2
    row = await letter(wiring, letter_id)
    assert (row.outcome, row.body, row.due_at) == ("dropped", None, None)
    async with wiring.reading() as unit:
        assert (await unit.session.scalars(select(PasswordReset))).all() == []


async def test_what_was_not_sent_within_a_day_is_given_up_and_later_forgotten(wiring, clock, mailserver):
    letter_id = await put(wiring, body="a token")
    clock.advance(hours=25)
    await mailing.send_due(wiring)
    row = await letter(wiring, letter_id)
    assert (row.outcome, row.body, row.due_at) == ("expired", None, None)
    clock.advance(hours=24)
    await mailing.send_due(wiring)
    assert await letter(wiring, letter_id) is None
    assert mailserver.messages == []


async def test_one_account_gets_a_few_tokens_an_hour_however_many_were_asked_for_at_once(wiring, alice, mailserver):
    async with wiring.writing() as unit:
        for _ in range(5):
            outbox.put(unit, alice.email, resets.SUBJECT, kind=Kind.PASSWORD_RESET)
    await mailing.send_due(wiring)
    assert len(mailserver.messages) == resets.MOST_AN_HOUR


async def test_a_token_is_good_for_an_hour_and_for_one_of_many_at_once(wiring, alice, clock, mailserver):
    await forgotten(wiring, alice.email)
    await mailing.send_due(wiring)
    clock.advance(minutes=61)
    assert await resetting(wiring, token_in(mailserver.messages[0])) == "invalid_token"
    await forgotten(wiring, alice.email)
    await mailing.send_due(wiring)
    clock.advance(minutes=59)
    token = token_in(mailserver.messages[1])
    answers = await asyncio.gather(*(resetting(wiring, token, f"password {number}") for number in range(4)))
    assert sorted(map(str, answers)) == ["None", "invalid_token", "invalid_token", "invalid_token"]


async def test_a_reset_makes_the_other_tokens_of_the_account_worthless(wiring, alice, mailserver):
    for _ in range(2):
        await forgotten(wiring, alice.email)
    await mailing.send_due(wiring)
    first, second = (token_in(message) for message in mailserver.messages)
    assert await resetting(wiring, second) is None
    assert await resetting(wiring, first) == "invalid_token"


async def test_whoever_is_kept_out_by_the_wrong_passwords_of_others_gets_in_by_mail(wiring, alice, mailserver):
    lockout = Lockout(attempts=2)
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await logins.check_login(wiring, "alice", "guess", lockout=lockout)
    with pytest.raises(Unauthenticated):
        await logins.check_login(wiring, "alice", alice.password, lockout=lockout)
    await forgotten(wiring, alice.email)
    await mailing.send_due(wiring)
    assert await resetting(wiring, token_in(mailserver.messages[0])) is None
    assert (await logins.check_login(wiring, "alice", NEW, lockout=lockout)).id == alice.id


async def test_a_mail_to_more_than_one_address_or_without_words_is_a_fault_of_the_caller(wiring):
    for recipient, subject, body in [
        ("a@b.org\r\nBcc: c@d.org", "x", "x"),
        ("a@b.org", "x\ny", "x"),
        ("a@b", "x", None),
    ]:
        with pytest.raises(ValueError, match="a mail goes to one address"):
            await put(wiring, recipient, body, subject)
