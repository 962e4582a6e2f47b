"""Short messages: through an operator's or aggregator's HTTP interface, or onto a console."""

from dataclasses import dataclass, field
from typing import Protocol, TextIO

import httpx

_TIMEOUT = 20
"""Seconds for each step of a delivery."""


class Sms(Protocol):
    """Delivers short messages."""

    async def send(self, to: str, text: str) -> None:
        """Hands a message over for delivery to a number (digits in international form); OSError when that fails."""
        ...


class SmsRefusedError(OSError):
    """The message was not taken; says with which HTTP status, or which fault of the connection."""


@dataclass(frozen=True)
class HttpSms:
    """Posts {"to": "+79261234567", "text": …} as JSON; any status of 200 to 299 means that the message was taken."""

    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    async def send(self, to: str, text: str) -> None:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT, headers=headers) as client:
                answer = await client.post(self.url, json={"to": f"+{to}", "text": text})
        except httpx.HTTPError as error:
            raise SmsRefusedError(type(error).__name__) from None
        if not answer.is_success:
            raise SmsRefusedError(f"HTTP {answer.status_code}")


@dataclass(frozen=True)
class ConsoleSms:
    """Writes short messages where a person sees them, for the demo."""

    console: TextIO

    async def send(self, to: str, text: str) -> None:
        self.console.write(f"SMS to +{to}: {text}\n")
        self.console.flush()
