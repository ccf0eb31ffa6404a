"""Sends plain-text mail through the configured SMTP server: the one door to it, used by jobs only."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

import aiosmtplib
import msgspec

from app.postbox import Server, sender_of

if TYPE_CHECKING:
    from datetime import datetime

SECONDS = 20.0  # for each step of the protocol
_OWN_MACHINE = {"localhost", "127.0.0.1", "::1"}


class MailRefused(Exception):
    """The server will never take this mail; trying again is of no use. The message names no address."""


class MailWaits(Exception):
    """The server is not there, or takes no mail just now; the message says why."""


class Text(msgspec.Struct, frozen=True):
    """One mail: `mark` makes its Message-ID, so that a second copy is told by it."""

    mark: str
    recipient: str
    subject: str
    body: str


def message_of(text: Text, *, mail_from: str, now: datetime) -> EmailMessage:
    """The mail with its headers; an address or subject that would add a header of its own is `MailRefused`."""
    sender = sender_of(mail_from)
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = sender
        message["To"] = Address(addr_spec=text.recipient)
        message["Subject"] = text.subject
    except (ValueError, IndexError, MessageError) as error:
        raise MailRefused("Its address or subject cannot stand in a mail.") from error
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{text.mark}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text.body)
    return message


async def send(server: Server, message: EmailMessage) -> None:
    """Hand a mail to the server; raises `MailRefused` or `MailWaits`.

    A user and password are told to another machine only behind TLS.
    """
    needs_tls = server.user is not None and server.host not in _OWN_MACHINE and not server.tls
    try:
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls,
            start_tls=False if server.tls else (True if needs_tls else None),
            timeout=SECONDS,
        )
    except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
        codes = [one.code for one in error.recipients] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else []
        raise _judged(codes or [getattr(error, "code", 0)], error) from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise MailWaits(f"The mail server does not answer as it should ({type(error).__name__}).") from error


def _judged(codes: list[int], error: Exception) -> Exception:
    """A server's refusal: of this mail for good (5xx), or of any mail just now. A refused login is the operator's."""
    shown = ", ".join(map(str, codes))
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return MailWaits(f"The mail server refuses the user and password of SEQARK_SMTP_URL ({shown}).")
    about_mail = isinstance(
        error, (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
    )
    if about_mail and all(500 <= code < 600 for code in codes):
        return MailRefused(f"The mail server refused it for good ({shown}).")
    return MailWaits(f"The mail server does not take it now ({shown}).")
