"""A line to PostgreSQL that a test can cut: a port of this machine, behind which the server stands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit


class Line:
    """Connections that are cut are lost to both ends; while it is down, new ones are refused.

    While it is not `telling`, clients read what the server says last, and not that it has ended the connection: `ended`
    is set in its place.
    """

    def __init__(self, dsn: str) -> None:
        self.telling, self.ended = True, asyncio.Event()
        address = urlsplit(dsn)
        self._socket = f"{parse_qs(address.query)['host'][0]}/.s.PGSQL.5432"
        self._user, self._database = address.username, address.path
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def dsn(self) -> str:
        return f"postgresql://{self._user}@127.0.0.1:{self._port}{self._database}?sslmode=disable"

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        below, above = await asyncio.open_unix_connection(self._socket)
        self._writers |= {writer, above}
        await asyncio.gather(self._send(reader, above), self._bring(below, writer))
        self._writers -= {writer, above}

    async def _send(self, client: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        await _carry(client, server)
        server.close()

    async def _bring(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        await _carry(server, client)
        if self.telling:
            client.close()
        self.ended.set()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def line(dsn: str) -> AsyncIterator[Line]:
    """A line that is up, until the end of the block."""
    made = Line(dsn)
    await made.up()
    try:
        yield made
    finally:
        made.cut()
