"""An operator's system that takes orders over HTTP, with a ledger of its own and a network that loses its way."""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


class Operator:
    """Carries out each order once by its key. Orders for the numbers in `refusing` are refused, whatever happens.

    A request meets a fault with the probability `faults`: it is lost before or after it is carried out, answered by an
    error, delayed beyond what any client waits for, repeated, or overtaken by the requests after it.
    """

    def __init__(self, faults: float = 0, seed: int = 0) -> None:
        self.faults, self.random = faults, random.Random(seed)
        self.ledger: defaultdict[str, list[Any]] = defaultdict(list)
        self.refusing: set[str] = set()
        self.requests: list[str] = []
        self.token: str | None = None
        self.status: int | None = None
        """When it is set, nothing is carried out, and this is all it says."""
        self.busy = self.busiest = 0
        self._answers: dict[str, tuple[int, Any]] = {}
        self._later: set[asyncio.Task[None]] = set()

    @property
    def keys(self) -> list[str]:
        """Of what was carried out."""
        return [key for key, (status, _) in self._answers.items() if status == 200]

    async def settle(self) -> None:
        """Until what was delayed has arrived."""
        while self._later:
            await asyncio.gather(*self._later)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                self.token = headers.get("authorization")
                self.busy += 1
                self.busiest = max(self.busiest, self.busy)
                answer = await self._meet(headers["idempotency-key"], body)
                self.busy -= 1
                if answer is None:
                    break
                status, said = answer
                content = json.dumps(said).encode()
                writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _meet(self, key: str, body: Any) -> tuple[int, Any] | None:
        self.requests.append(key)
        if self.status is not None:
            return self.status, {}
        if self.random.random() >= self.faults:
            await asyncio.sleep(0)
            return self._carry_out(key, body)
        match self.random.choice(["lost", "answer lost", "error", "delayed", "repeated", "overtaken"]):
            case "answer lost":
                self._carry_out(key, body)
            case "error":
                return self.random.choice([429, 500, 502, 503]), {}
            case "delayed":
                self._after(0.2, key, body)
            case "repeated":
                self._after(0.01, key, body)
                return self._carry_out(key, body)
            case "overtaken":
                await asyncio.sleep(0.02)
                return self._carry_out(key, body)
        return None

    def _carry_out(self, key: str, body: Any) -> tuple[int, Any]:
        if key not in self._answers:
            if body["msisdn"] in self.refusing:
                self._answers[key] = 422, {"reason": "no such subscriber"}
            else:
                self._answers[key] = 200, {}
                self.ledger[body["msisdn"]] += body["operations"]
        return self._answers[key]

    def _after(self, seconds: float, key: str, body: Any) -> None:
        async def arrive() -> None:
            await asyncio.sleep(seconds)
            self._carry_out(key, body)

        task = asyncio.create_task(arrive())
        self._later.add(task)
        task.add_done_callback(self._later.discard)


@asynccontextmanager
async def serving(operator: Operator) -> AsyncIterator[str]:
    """Its address."""
    async with await asyncio.start_server(operator.serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/orders"
        await operator.settle()
