"""What 50 log-ins at once cost everybody else: `python -m tests.benchmarks.log_ins [address of a demo]`.

Prints p50 and p95 of a page of numbers in milliseconds, quiet and beside log-ins that never stop.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence

import httpx

from gateway.demo import API_KEY, LOGINS, PASSWORD

LOG_INS, READERS, SECONDS = 50, 2, 10
PAGE = "{ companies { nodes { numbers(first: 20) { nodes { msisdn status label tariff { name } } } } } }"
LOG_IN = "mutation ($input: LoginInput!) { login(input: $input) { viewer { name } userErrors { code } } }"


async def read(client: httpx.AsyncClient, until: float, times: list[float]) -> None:
    """Asks for the page again and again, and notes how long each answer took, in ms."""
    while time.perf_counter() < until:
        started = time.perf_counter()
        answer = await client.post("/graphql", json={"query": PAGE}, headers={"authorization": f"Bearer {API_KEY}"})
        times.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
        await asyncio.sleep(0.02)


async def log_in(address: str, number: int, until: float) -> int:
    """Signs in again and again; how often it did."""
    count = 0
    login = LOGINS[number % len(LOGINS)].email
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        while time.perf_counter() < until:
            variables = {"input": {"login": login, "password": PASSWORD}}
            answer = await client.post("/graphql", json={"query": LOG_IN, "variables": variables})
            count += answer.json()["data"]["login"]["viewer"] is not None
    return count


async def measure(address: str, log_ins: int) -> tuple[list[float], int]:
    times: list[float] = []
    until = time.perf_counter() + SECONDS
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        readers = [read(client, until, times) for _ in range(READERS)]
        counts = asyncio.gather(*(log_in(address, number, until) for number in range(log_ins)))
        await asyncio.gather(*readers)
        return times, sum(await counts)


def percentiles(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {f"p{share}": round(ordered[len(ordered) * share // 100], 1) for share in (50, 95)}


async def main(address: str) -> None:
    await measure(address, 0)
    quiet, _ = await measure(address, 0)
    busy, count = await measure(address, LOG_INS)
    report = {"quiet": percentiles(quiet), "beside_log_ins": percentiles(busy), "log_ins": count}
    print(json.dumps(report | {"p95_ratio": round(percentiles(busy)["p95"] / percentiles(quiet)["p95"], 2)}))  # noqa: T201 -- its purpose


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"))
