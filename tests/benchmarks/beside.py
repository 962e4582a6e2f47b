"""What others cost everybody else: `python -m tests.benchmarks.beside log-ins|hostile [address of a demo]`.

Prints p50 and p95 of a page of numbers in milliseconds, quiet and beside log-ins, or hostile requests, that never stop.
Those who mean no good are signed in, and strangers; each of them sends the next request when the last one is answered.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import count, cycle

import httpx

from gateway.demo import API_KEY, LOGINS, PASSWORD
from schema.root import build_schema
from tests.factories.hostile import FAMILIES, LARGEST, Hostile, body
from tests.schema.test_equality import VALUES

READERS, SECONDS = 2, 10
PAGE = "{ companies { nodes { numbers(first: 20) { nodes { msisdn status label tariff { name } } } } } }"
LOG_IN = "mutation ($input: LoginInput!) { login(input: $input) { viewer { name } userErrors { code } } }"

Disturbance = Callable[[str, float, Counter[str]], Coroutine[None, None, None]]
"""Asks an address until a moment and counts the answers by what they were."""


async def read(client: httpx.AsyncClient, until: float, times: list[float]) -> None:
    """Asks for the page again and again, and notes how long each answer took, in ms."""
    while time.perf_counter() < until:
        started = time.perf_counter()
        answer = await client.post("/graphql", json={"query": PAGE}, headers={"authorization": f"Bearer {API_KEY}"})
        times.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
        await asyncio.sleep(0.02)


async def sign_in(client: httpx.AsyncClient, number: int) -> bool:
    """Signs in as one of the demo's administrators; whether that was possible."""
    variables = {"input": {"login": LOGINS[number % len(LOGINS)].email, "password": PASSWORD}}
    answer = await client.post("/graphql", json={"query": LOG_IN, "variables": variables})
    return answer.json()["data"]["login"]["viewer"] is not None


def signing_in(number: int) -> Disturbance:
    """Signs in again and again."""

    async def disturb(address: str, until: float, answers: Counter[str]) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=60) as client:
            while time.perf_counter() < until:
                answers["signed in" if await sign_in(client, number) else "refused"] += 1

    return disturb


def hostile(number: int, requests: Iterator[bytes]) -> Disturbance:
    """Sends what means no good; every other one is a stranger."""

    async def disturb(address: str, until: float, answers: Counter[str]) -> None:
        headers = {"content-type": "application/json"}
        async with httpx.AsyncClient(base_url=address, timeout=60, headers=headers) as client:
            if number % 2:
                await sign_in(client, number)
            while time.perf_counter() < until:
                answer = await client.post("/graphql", content=next(requests))
                answers[str(answer.status_code)] += 1

    return disturb


def hostile_requests() -> Iterator[bytes]:
    """Every family in several sizes, and between them random damage, without end."""
    random = Hostile(build_schema()._schema, VALUES)
    families = cycle([body(make(LARGEST >> step)) for step in (0, 2, 4, 7) for make in FAMILIES.values()])
    for seed in count():
        yield next(families)
        yield random.make(seed)[1]


async def measure(address: str, disturbances: Sequence[Disturbance]) -> tuple[dict[str, float], Counter[str]]:
    """Percentiles of the readers' times, and what the others were answered."""
    times: list[float] = []
    answers: Counter[str] = Counter()
    until = time.perf_counter() + SECONDS
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        readers = [read(client, until, times) for _ in range(READERS)]
        await asyncio.gather(*readers, *(disturb(address, until, answers) for disturb in disturbances))
    ordered = sorted(times)
    return {f"p{share}": round(ordered[len(ordered) * share // 100], 1) for share in (50, 95)}, answers


async def main(kind: str, address: str) -> None:
    requests = hostile_requests()
    disturbances = {
        "log-ins": [signing_in(number) for number in range(50)],
        "hostile": [hostile(number, requests) for number in range(16)],
    }[kind]
    await measure(address, [])
    quiet, _ = await measure(address, [])
    beside, answers = await measure(address, disturbances)
    report = {"quiet": quiet, f"beside {kind}": beside, "answers": answers}
    print(json.dumps(report | {"p95 ratio": round(beside["p95"] / quiet["p95"], 2)}))  # noqa: T201 -- its purpose


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8000"))
