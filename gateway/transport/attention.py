"""Requests whose client has gone: their tasks are cancelled, and with them the statements that run."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

_AFTER = 0.25
"""Seconds after which somebody looks: nearly all requests are answered before that, and pay for a timer only."""


class Attention:
    """`async with Attention(receive) as attention:` cancels its body when the client goes away, then `gone` is true.

    To be entered when the body of the request has been read: `receive` then tells of nothing but the client's going.
    """

    gone = False

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._timer = asyncio.get_running_loop().call_later(_AFTER, self._look, task)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        task = asyncio.current_task()
        assert task is not None
        return self.gone and task.uncancel() == 0 and kind is asyncio.CancelledError

    def _look(self, task: "asyncio.Task[None]") -> None:
        self._watch = asyncio.create_task(self._wait(task))

    async def _wait(self, task: "asyncio.Task[None]") -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        task.cancel()
