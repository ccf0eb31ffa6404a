"""Mail as a real SMTP server gets it: its headers, TLS, logins, and what a refusal means."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import uuid4

import pytest

from app import mail
from app.mail import MailRefused, MailWaits, Text
from app.postbox import Server, server_of
from tests.servers.mail import PASSWORD, USER, certificate, running_mail

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LETTER = Text(str(uuid4()), "ana@example.org", "Grüße", "Hällo,\n\nline\n.\n" + "x" * 400 + "\n")


def message(letter=LETTER, mail_from="The Archive <seqark@example.net>"):
    return mail.message_of(letter, mail_from=mail_from, now=NOW)


async def sent(port, letter=LETTER, **more):
    await mail.send(Server("127.0.0.1", port, **{"tls": False, **more}), message(letter))


async def test_a_mail_arrives_with_the_headers_that_mail_has_to_have():
    with running_mail() as (box, port):
        await sent(port)
    (got,) = box.messages
    assert (got["From"], got["To"]) == ("The Archive <seqark@example.net>", "ana@example.org")
    assert got["Subject"] == "Grüße"
    assert parsedate_to_datetime(got["Date"]) == NOW
    assert got["Message-ID"] == f"<{LETTER.mark}@example.net>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content_type() == "text/plain"
    assert got.get_content().replace("\r\n", "\n") == LETTER.body
    assert box.envelopes[0].mail_from == "seqark@example.net"
    assert box.envelopes[0].rcpt_tos == ["ana@example.org"]


@pytest.mark.parametrize(
    ("recipient", "subject"),
    [
        ("ana@example.org\r\nBcc: all@example.org", "x"),
        ("ana@example.org, bo@example.org", "x"),
        ("Ana <ana@example.org>", "x"),
        ("", "x"),
        ("ana@example.org", "x\r\nBcc: all@example.org"),
        ("ana@example.org", "x\nX-Other: y"),
    ],
)
async def test_no_address_and_no_subject_adds_a_header_or_a_recipient(recipient, subject):
    with pytest.raises(MailRefused):
        message(Text(str(uuid4()), recipient, subject, "body"))


async def test_starttls_is_used_where_it_is_offered(tmp_path, monkeypatch):
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with running_mail(tls=context, starttls=True) as (box, port):
        await sent(port)
    assert box.encrypted == [True]


async def test_a_server_that_speaks_tls_from_the_first_byte_takes_a_login(tmp_path, monkeypatch):
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with running_mail(tls=context, auth_require_tls=False) as (box, port):
        server = server_of(f"smtps://{USER}:p%40ss%3Aword%2F1@127.0.0.1:{port}")
        await mail.send(server, message())
        with pytest.raises(MailWaits, match="SEQARK_SMTP_URL"):
            await sent(port, tls=True, user=USER, password="wrong")
    assert (len(box.messages), set(box.logins)) == (1, {USER.encode()})


async def test_a_certificate_that_nobody_vouches_for_gets_no_mail(tmp_path):
    context, _ = certificate(tmp_path)
    with running_mail(tls=context) as (box, port), pytest.raises(MailWaits):
        await sent(port, tls=True)
    assert box.messages == []


async def test_a_password_is_told_to_another_machine_behind_tls_only(monkeypatch):
    monkeypatch.setattr(mail, "_OWN_MACHINE", set())
    with running_mail(auth_require_tls=False) as (box, port):
        with pytest.raises(MailWaits):
            await sent(port, user=USER, password=PASSWORD)
        assert box.logins == []
        monkeypatch.undo()
        await sent(port, user=USER, password=PASSWORD)
    assert (len(box.messages), box.logins) == (1, [USER.encode()])


async def test_a_recipient_that_is_refused_for_good_is_told_from_one_that_is_refused_now():
    with running_mail() as (box, port):
        box.refusals[LETTER.recipient] = "550 no such user"
        with pytest.raises(MailRefused, match="550") as refused:
            await sent(port)
        assert LETTER.recipient not in str(refused.value)
        box.refusals[LETTER.recipient] = "450 try later"
        with pytest.raises(MailWaits, match="450"):
            await sent(port)
        box.refusals.clear()
        box.data_answer = "554 looks like spam"
        with pytest.raises(MailRefused, match="554"):
            await sent(port)
        box.data_answer = "452 disk full"
        with pytest.raises(MailWaits, match="452"):
            await sent(port)
    assert box.messages == []


async def test_a_server_that_is_not_there_is_waited_for():
    with running_mail() as (_, port):
        pass
    with pytest.raises(MailWaits):
        await sent(port)


@pytest.mark.parametrize(
    "url",
    ["", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://u@h", "smtp://h:99999", "smtp://h/path"],
)
def test_what_is_no_address_of_a_server_is_refused(url):
    with pytest.raises(ValueError):  # noqa: PT011  # urllib has messages of its own
        server_of(url)


def test_an_address_of_a_server_names_host_port_and_login():
    assert server_of("smtp://mail.example.org") == Server("mail.example.org", 25, tls=False)
    assert server_of("smtps://a%40b:c%3Ad@[::1]:99") == Server("::1", 99, tls=True, user="a@b", password="c:d")
    assert "c:d" not in repr(server_of("smtps://a:c%3Ad@h"))
