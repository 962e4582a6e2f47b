"""Work off the request path, messages to people above all: nobody waits for it, and its failure fails nothing else."""

import asyncio
import re
import unicodedata
from collections.abc import Coroutine
from typing import Any

import structlog

from gateway.kit.texts import excerpt
from gateway.ports.mail import Mail
from gateway.ports.sms import Sms

log = structlog.get_logger(__name__)

_MOST = 1_000
"""How much may wait at a time; what comes on top of it is dropped, and logged."""
_GRACE = 10
"""Seconds for what is under way when the process stops."""
_MARKS = frozenset(" .,-–—'’\"«»“”„()&№+")
"""What stands in names beside letters and digits."""


def plain(name: str, length: int) -> str:
    """A name that somebody chose, as a message may carry it: one short line with nothing to click on.

    Programs make links of what has a scheme, an @, or a dot inside a word.
    """
    folded = unicodedata.normalize("NFKC", name)
    kept = "".join(each if each in _MARKS or unicodedata.category(each)[0] in "LMN" else " " for each in folded)
    line = " ".join(re.sub(r"\.(?=\w)", ". ", kept).split()) or "—"
    return line if len(line) <= length else excerpt(line, length - 1)


class Post:
    """What is to be sent, while the requests that asked for it are answered already. Without an adapter nothing is."""

    def __init__(self, mail: Mail | None = None, sms: Sms | None = None) -> None:
        self._mail, self._sms = mail, sms
        self._tasks: set[asyncio.Task[None]] = set()

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Does `work` beside everything else. Errors are logged by their type: their texts may quote a message."""
        if len(self._tasks) >= _MOST:
            work.close()
            log.warning("post.dropped", waiting=len(self._tasks))
            return
        task = asyncio.create_task(self._do(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            log.warning("post.failed", error=type(error).__name__)

    async def email(self, to: str, subject: str, text: str) -> None:
        """Sends an e-mail now; OSError when that fails."""
        if self._mail is None:
            log.warning("post.no_mail_server")
        else:
            await self._mail.send(to, subject, text)

    async def sms(self, to: str, text: str) -> None:
        """Sends a short message now, to digits in international form; OSError when that fails."""
        if self._sms is None:
            log.warning("post.no_sms_gateway")
        else:
            await self._sms.send(to, text)

    async def close(self) -> None:
        """Waits for what is under way, but not long."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_GRACE)
            for task in late:
                task.cancel()
