"""Requests that take too long, or whose client has gone: their tasks are cancelled, with the statements that run."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text

TOO_LONG = Text(
    en="The request took longer than {seconds} {seconds:second|seconds} and was stopped. Ask for less at a time; look "
    "whether a mutation was done before sending it again.",
    ru="Запрос выполнялся дольше {seconds} {seconds:секунды|секунд|секунд} и был остановлен. Запрашивайте меньше за "
    "раз; перед повтором изменения проверьте, не выполнено ли оно.",
)

_AFTER = 0.25
"""Seconds after which somebody looks: nearly all requests are answered before that, and pay for one timer only."""


class Attention:
    """`async with Attention(seconds, receive) as attention:` cancels its body after so many seconds.

    It raises `GatewayError` TIMEOUT then. With `receive`, of a request whose body has been read, it also cancels the
    body, and goes on behind it, when the client goes away: then `gone` is true.
    """

    gone = False
    _late = False
    _watch: asyncio.Task[None] | None = None

    def __init__(self, seconds: float, receive: Receive | None = None) -> None:
        self._seconds = seconds
        self._receive = receive

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(min(_AFTER, self._seconds), self._look)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if not (self.gone or self._late) or self._task.uncancel() > 0:
            return False
        if self._late:
            raise GatewayError(GatewayErrorCode.TIMEOUT, TOO_LONG(seconds=round(self._seconds))) from None
        return kind is asyncio.CancelledError

    def _look(self) -> None:
        self._watch = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._seconds - min(_AFTER, self._seconds)):
                await self._leaving()
            self.gone = True
        except TimeoutError:
            self._late = True
        self._task.cancel()

    async def _leaving(self) -> None:
        if self._receive is None:
            await asyncio.Event().wait()
        else:
            while (await self._receive())["type"] != "http.disconnect":
                pass
