"""Which mail server to use and whom mail is from, as the settings tell it; pure, and light to import."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import msgspec

_PORTS = {"smtp": 25, "smtps": 465}


class Server(msgspec.Struct, frozen=True):
    """An SMTP server. `tls` is from the first byte on; else STARTTLS is used where the server offers it."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        """No password, so that none gets into a log."""
        return f"Server({self.host}:{self.port})"


def server_of(url: str) -> Server:
    """Read `smtp://[user:password@]host[:port]` or `smtps://…`; raises ValueError, which does not repeat the URL."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        message = "not of the form smtp://[user:password@]host:port or smtps://…"
        raise ValueError(message)
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    if (user is None) != (password is None):
        message = "a user without a password, or a password without a user"
        raise ValueError(message)
    return Server(parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "smtps", user, password)


def sender_of(mail_from: str) -> Address:
    """Read `name@host` or `Name <name@host>`; raises ValueError."""
    name, address = parseaddr(mail_from)
    if mail_from.count("@") != 1 or not address or not mail_from.isprintable():
        message = "not of the form name@host or Name <name@host>"
        raise ValueError(message)
    return Address(name, addr_spec=address)


def fault_of_mail(smtp_url: str, mail_from: str) -> str | None:
    """What is wrong with SEQARK_SMTP_URL or SEQARK_MAIL_FROM, in a sentence that does not repeat the password."""
    try:
        if smtp_url:
            server_of(smtp_url)
    except ValueError:
        return "SEQARK_SMTP_URL must be smtp://[user:password@]host:port or smtps://…, or empty."
    try:
        sender_of(mail_from)
    except (ValueError, IndexError, HeaderParseError):
        return "SEQARK_MAIL_FROM must be name@host or Name <name@host>."
    return None
