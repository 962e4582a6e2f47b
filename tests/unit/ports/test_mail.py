"""E-mail, handed over to a real SMTP server."""

import asyncio
import datetime
import email
import email.policy
import io
import smtplib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.ports.mail import ConsoleMail, SmtpMail


class Inbox(Message):
    """What the server has taken."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[EmailMessage] = []

    def handle_message(self, message: email.message.Message) -> None:
        parsed = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.messages.append(parsed)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@asynccontextmanager
async def serving(inbox: Inbox, **options: Any) -> AsyncIterator[int]:
    """A server on loopback, by its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, hostname="localhost", loop=loop, **options), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def server(inbox: Inbox) -> AsyncIterator[str]:
    async with serving(inbox) as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate of localhost that this process trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path / "localhost.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


async def test_a_message_arrives_as_it_was_written(inbox: Inbox, server: str) -> None:
    mail = SmtpMail(f"smtp://{server}", "gateway@example.com")

    await mail.send("anna@example.com", "Одноразовый код", "123456 — код\nдля входа")

    [message] = inbox.messages
    assert (message["From"], message["To"], message["Subject"]) == (
        "gateway@example.com",
        "anna@example.com",
        "Одноразовый код",
    )
    assert message.get_content() == "123456 — код\nдля входа\n"


async def test_a_recipient_brings_no_header_of_its_own(inbox: Inbox, server: str) -> None:
    mail = SmtpMail(f"smtp://{server}", "gateway@example.com")

    with pytest.raises(ValueError):
        await mail.send("anna@example.com\r\nBcc: eve@example.com", "Code", "123456")

    assert inbox.messages == []


async def test_a_message_goes_to_one_recipient_or_to_nobody(inbox: Inbox, server: str) -> None:
    with pytest.raises(ValueError, match="addr_spec"):
        await SmtpMail(f"smtp://{server}", "gateway@example.com").send("a1,victim@example.com", "Code", "123456")

    assert inbox.messages == []


async def test_a_password_is_sent_over_tls_only(inbox: Inbox, server: str) -> None:
    mail = SmtpMail(f"smtp://gateway:secret@{server}", "gateway@example.com")

    with pytest.raises(smtplib.SMTPNotSupportedError):
        await mail.send("anna@example.com", "Code", "123456")

    assert inbox.messages == []
    assert "secret" not in repr(mail)


async def test_tls_and_a_password_are_used_where_they_are_wanted(inbox: Inbox, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    given: list[LoginPassword] = []

    def authenticate(
        server: object, session: object, envelope: object, mechanism: object, auth: LoginPassword
    ) -> AuthResult:
        given.append(auth)
        return AuthResult(success=auth.password == b"s:cret", handled=False)

    strict = {"require_starttls": True, "auth_required": True, "authenticator": authenticate}
    async with serving(inbox, tls_context=context, **strict) as port:
        await SmtpMail(f"smtp://gateway:s%3Acret@localhost:{port}", "gateway@example.com").send("a@b.c", "Code", "1")
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await SmtpMail(f"smtp://gateway:wrong@localhost:{port}", "gateway@example.com").send("a@b.c", "Code", "2")

    assert [message.get_content() for message in inbox.messages] == ["1\n"]
    assert [auth.login for auth in given][:1] == [b"gateway"]


async def test_a_server_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(OSError):
        await SmtpMail("smtp://127.0.0.1:1", "gateway@example.com").send("a@b.c", "Code", "1")


async def test_a_console_shows_messages() -> None:
    console = io.StringIO()

    await ConsoleMail(console).send("anna@example.com", "Code", "123456")

    assert console.getvalue() == "e-mail to anna@example.com: Code\n  123456\n"


async def test_a_mail_server_that_says_nothing_holds_up_nothing_but_mail() -> None:
    over = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        mail = SmtpMail(f"smtp://127.0.0.1:{silent.sockets[0].getsockname()[1]}", "gateway@example.com")
        sending = [asyncio.create_task(mail.send("anna@example.com", "Code", "123456")) for _ in range(40)]
        await asyncio.sleep(0)

        async with asyncio.timeout(10):
            assert await asyncio.to_thread(len, "done") == 4

        for task in sending[4:]:
            task.cancel()
        over.set()
        failures = await asyncio.gather(*sending, return_exceptions=True)
    assert {type(failure) for failure in failures} == {smtplib.SMTPServerDisconnected, asyncio.CancelledError}
