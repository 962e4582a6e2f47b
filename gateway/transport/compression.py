"""Answers packed with gzip, where a packed one is there sooner and costs little."""

import asyncio
import zlib

from gateway.transport.requests import quality_of, remembered

_SMALLEST = 4_000
"""Bytes that are worth it: packing costs 0.1 ms whatever the length, and below this saves a packet or two."""
_LONG = 100_000
"""Bytes that take 0.4 ms and more, which a thread spends without holding up anybody else."""


@remembered
def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header takes gzip."""
    weights = {}
    for part in accept_encoding.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        weights[coding] = quality_of(parameters)
    return weights.get("gzip", weights.get("*", 0.0)) > 0


async def packed(body: bytes, accept_encoding: str) -> bytes | None:
    """The body in gzip; None where it is better sent as it is."""
    if len(body) < _SMALLEST or not takes_gzip(accept_encoding):
        return None
    return await asyncio.to_thread(_pack, body) if len(body) > _LONG else _pack(body)


def _pack(body: bytes) -> bytes:
    # The quickest level: 260 MB/s against 100, and 17 × against 21 × on a page of numbers.
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(body) + packer.flush()
