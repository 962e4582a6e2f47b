"""Messages between the processes of a gateway, over the database: whoever holds what they are about answers."""

import asyncio
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import ARRAY, String, bindparam, func, literal, select

from gateway.db import Database
from gateway.statements import Statement, Tenant

Holder = Callable[[bytes], str]
"""Does what a message says, at once, and gives a word for an answer."""

_ANSWER_WITHIN = 2.0
"""Seconds after which nobody holds what was asked for."""
_PART = 7_000
"""Characters of a message in one notification, which takes less than 8,000 bytes."""
_TELL = Statement(
    select(func.pg_notify(literal("relay", String), func.unnest(bindparam("notices", type_=ARRAY(String)))))
)


class Relay:
    """A message is "? <name> <id> <parts to come> <part>", its answer "= <id> <word>"; one transaction, so in order."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._held: dict[str, Holder] = {}
        self._asked: dict[str, asyncio.Future[str]] = {}
        self._parts: dict[str, str] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        await self._db.listen("relay", self._hear)

    @contextmanager
    def hold(self, name: str, holder: Holder) -> Iterator[None]:
        """Answers what is asked of `name`, which is one word that nobody else holds."""
        self._held[name] = holder
        try:
            yield
        finally:
            del self._held[name]

    def holds(self, name: str) -> bool:
        """Whether this process does."""
        return name in self._held

    async def ask(self, name: str, message: bytes) -> str | None:
        """The answer of the process that holds `name`; None when there is none."""
        if name in self._held:
            return self._held[name](message)
        id, text = secrets.token_hex(8), b64encode(message).decode()
        parts = [text[start : start + _PART] for start in range(0, len(text), _PART)]
        answer = self._asked[id] = asyncio.get_running_loop().create_future()
        try:
            await self._tell([f"? {name} {id} {len(parts) - n} {part}" for n, part in enumerate(parts, 1)])
            return await asyncio.wait_for(answer, _ANSWER_WITHIN)
        except TimeoutError:
            return None
        finally:
            del self._asked[id]

    async def _tell(self, notices: list[str]) -> None:
        await self._db.fetch(Tenant(), _TELL, notices=notices)

    def _hear(self, notice: str | None) -> None:
        match notice.split(" ") if notice is not None else ():
            case ("?", name, id, left, part) if name in self._held:
                self._parts[id] = self._parts.get(id, "") + part
                if left == "0":
                    word = self._held[name](b64decode(self._parts.pop(id)))
                    telling = asyncio.create_task(self._tell([f"= {id} {word}"]))
                    self._answering.add(telling)
                    telling.add_done_callback(self._answering.discard)
            case ("=", id, word) if id in self._asked and not self._asked[id].done():
                self._asked[id].set_result(word)
            case ():  # the rest of a message may be lost
                self._parts.clear()
