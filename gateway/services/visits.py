"""A request of somebody who may not be known yet: what it is served with, and the browser that it comes from."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from gateway.db import Database
from gateway.kit.errors import Refusal
from gateway.kit.sealing import Keyring
from gateway.models.journal import Channel
from gateway.services.post import Post

_REFUSED_AFTER = 1.25
"""Seconds until a refusal; longer than the checks of the slowest hash take that five tries at once start.

That is bcrypt of the highest cost that is taken over, 0.4 s each on a slow core, two at a time (legacy_passwords.py).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """`device` is the cookie by which a browser is known again, `site` the origin of the page that asks."""

    db: Database
    keyring: Keyring
    post: Post
    channel: Channel
    correlation_id: str
    device: str | None = None
    ip: str = ""
    user_agent: str = ""
    site: str | None = None

    @property
    def device_hash(self) -> bytes:
        """What is kept of the device's cookie; empty without one."""
        return hashlib.sha256(self.device.encode()).digest() if self.device else b""


@contextlib.asynccontextmanager
async def paced() -> AsyncIterator[None]:
    """Lets every refusal out of the block take the same time, so that its time does not tell how far the check went.

    Where the machine is too busy for that, it takes a multiple: what a check took shows no finer than so.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        yield
    except Refusal:
        await asyncio.sleep(_rest(loop.time() - begun))
        raise


def _rest(elapsed: float) -> float:
    """Seconds until the next multiple of the time of a refusal."""
    return (elapsed // _REFUSED_AFTER + 1) * _REFUSED_AFTER - elapsed
