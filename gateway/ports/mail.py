"""E-mail: over SMTP, or onto a console."""

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Protocol, TextIO
from urllib.parse import unquote, urlsplit

_TIMEOUT = 20
"""Seconds for each step of a delivery."""
_SLOTS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="mail")
"""Of its own, so that a slow mail server holds up nothing but mail."""


class Mail(Protocol):
    """Delivers e-mails."""

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hands a message over for delivery; OSError (smtplib.SMTPException among them) when that fails.

        Raises ValueError for what is not one address.
        """
        ...


@dataclass(frozen=True)
class SmtpMail:
    """Over SMTP (RFC 5321). `url` is smtp://user:password@host:port, smtps:// for TLS from the first byte.

    Over smtp:// STARTTLS is used when the server offers it; a password is never sent without TLS.
    """

    url: str = field(repr=False)
    sender: str

    async def send(self, to: str, subject: str, text: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, Address(addr_spec=to), subject
        message.set_content(text)
        await asyncio.get_running_loop().run_in_executor(_SLOTS, self._deliver, message, to)

    def _deliver(self, message: EmailMessage, to: str) -> None:
        url = urlsplit(self.url)
        context = ssl.create_default_context()
        host = url.hostname or ""
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=_TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(host, url.port or 25, timeout=_TIMEOUT)
        with server:
            server.ehlo()
            secure = url.scheme == "smtps"
            if not secure and server.has_extn("starttls"):
                server.starttls(context=context)
                secure = True
            if url.username is not None:
                if not secure:
                    raise smtplib.SMTPNotSupportedError("the mail server offers no TLS for the password")
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(message, to_addrs=[to])


@dataclass(frozen=True)
class ConsoleMail:
    """Writes e-mails where a person sees them, for the demo."""

    console: TextIO

    async def send(self, to: str, subject: str, text: str) -> None:
        self.console.write(f"e-mail to {to}: {subject}\n  {text}\n")
        self.console.flush()
