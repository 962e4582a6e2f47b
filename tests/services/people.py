"""Administrators who sign in, each from browsers of their own, and what is sent to them."""

import io
import re
from dataclasses import dataclass, field

import asyncpg

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.sealing import Keyring
from gateway.models.journal import Channel
from gateway.ports.mail import ConsoleMail
from gateway.ports.sms import ConsoleSms
from gateway.services.passwords import hash_password
from gateway.services.post import Post
from gateway.services.sessions import SignedIn
from gateway.services.visits import Visit
from tests.services.fleet import COMPANY, OTHER_COMPANY, arrange, insert

PASSWORD = "tavern-mosaic-42"
OTHER_PASSWORD = "lantern-quarry-77"
ANNA, BORIS, NEWCOMER = 5, 6, 7
EMAIL, PHONE = "anna@example.com", "79261234567"
KEYRING = Keyring(b"0123456789abcdef0123456789abcdef")


@dataclass
class Browser:
    """A browser, with the cookie by which it is known and the console that messages come out of."""

    database: Database
    console: io.StringIO = field(default_factory=io.StringIO)
    device: str | None = None
    ip: str = "192.0.2.1"

    def __post_init__(self) -> None:
        self.post = Post(ConsoleMail(self.console), ConsoleSms(self.console))

    @property
    def visit(self) -> Visit:
        return Visit(
            db=self.database,
            keyring=KEYRING,
            post=self.post,
            channel=Channel.PORTAL,
            correlation_id="c0ffee",
            device=self.device,
            ip=self.ip,
            user_agent="Firefox on Linux",
            site="http://localhost:8000",
        )

    def keep(self, opened: SignedIn | None) -> SignedIn:
        """Takes the cookie of a session that was opened."""
        assert opened is not None
        self.device = opened.device
        return opened

    async def received(self) -> str:
        """All that was sent from here, when nothing is under way any more."""
        await self.post.close()
        return self.console.getvalue()

    async def code(self) -> str:
        """The last one-time code that was sent."""
        codes: list[str] = re.findall(r"\b\d{6}\b", await self.received())
        return codes[-1]


async def arrange_people(connection: asyncpg.Connection) -> None:
    """Anna is an owner of both companies, Boris an auditor of the first; the newcomer has no password yet."""
    await arrange(connection)
    people = [(ANNA, "Anna", EMAIL, PHONE), (BORIS, "Boris", "boris@example.com", None)]
    people.append((NEWCOMER, "Newcomer", "new@example.com", "79031112233"))
    for id, name, email, phone in people:
        row = {"id": id, "name": name, "email": email, "phone": phone, "language": "EN"}
        await insert(connection, "administrators", row)
    for administrator_id in (ANNA, BORIS):
        row = {"administrator_id": administrator_id, "password_hash": await hash_password(PASSWORD)}
        await insert(connection, "credentials", row)
    grants = [(COMPANY, ANNA, "owner"), (OTHER_COMPANY, ANNA, "owner"), (COMPANY, BORIS, "auditor")]
    grants.append((COMPANY, NEWCOMER, "auditor"))
    for company_id, administrator_id, role in grants:
        row = {"company_id": company_id, "administrator_id": administrator_id, "role": role}
        await insert(connection, "grants", row)


async def journalled(connection: asyncpg.Connection, company_id: int = COMPANY) -> list[str]:
    """The actions in a company's journal."""
    rows = await connection.fetch("SELECT action FROM journal_entries WHERE company_id = $1 ORDER BY id", company_id)
    return [row["action"] for row in rows]


def code_of(error: BaseException | None) -> ErrorCode | None:
    """Why something was refused."""
    return error.code if isinstance(error, Refusal) else None
