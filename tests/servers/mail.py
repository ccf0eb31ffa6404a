"""A real SMTP server on loopback, which keeps what it is sent for tests to read."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

USER, PASSWORD = "mailer", "p@ss:word/1"


class Mailbox:
    """What the server was sent. `refusals` maps recipients to answers of RCPT; `data_answer` is the answer of DATA."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.envelopes: list[Any] = []
        self.encrypted: list[bool] = []
        self.logins: list[bytes] = []
        self.refusals: dict[str, str] = {}
        self.data_answer = "250 taken"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data_answer.startswith("250"):
            self.envelopes.append(envelope)
            self.encrypted.append(session.ssl is not None)
            self.messages.append(message_from_bytes(envelope.original_content, policy=default))  # type: ignore[arg-type]
        return self.data_answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        self.logins.append(data.login)
        return AuthResult(success=right, handled=right)


@contextmanager
def running_mail(
    *, port: int = 0, box: Mailbox | None = None, tls: ssl.SSLContext | None = None, starttls: bool = False, **how: Any
) -> Iterator[tuple[Mailbox, int]]:
    """Yield the mailbox and the port of a server; with `tls` from the first byte on, or with `starttls` when asked."""
    box = box or Mailbox()
    if starttls:
        how["tls_context"], tls = tls, None
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port or _free_port(),
        ssl_context=tls,
        authenticator=box.authenticate,
        **how,
    )
    controller.start()
    try:
        yield box, controller.port
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for 127.0.0.1, and the file with the certificate that clients have to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    own = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(own, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    trusted = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(trusted)
    (folder / "mail.key").write_bytes(secret)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path, folder / "mail.key")
    return context, path
