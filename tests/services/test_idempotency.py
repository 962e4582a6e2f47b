"""Idempotency keys: one effect and one answer, however often and however close together something is sent."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.models.journal import Channel
from gateway.services.idempotency import Answer, once
from gateway.services.journal import Origin
from gateway.statements import Tenant
from tests.services.fleet import AUDITOR, COMPANY, ORIGIN, OTHER_COMPANY

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
OTHER_ORIGIN = Origin.of(AUDITOR, Channel.API, None)
pytestmark = pytest.mark.usefixtures("fleet")


class Effects:
    """Counts what is done; each effect answers with its number."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.count = 0

    async def send(
        self,
        key: str | None,
        request: object = "input",
        *,
        origin: Origin = ORIGIN,
        company_id: int = COMPANY,
        moment: datetime = MOMENT,
        refused: bool = False,
    ) -> Answer:
        async def act() -> Answer:
            await asyncio.sleep(0)
            if refused:
                raise Refusal(ErrorCode.CONFLICT, Refusal.__doc__)  # type: ignore[arg-type]  # nobody reads it
            self.count += 1
            return {"effect": self.count}

        async with self.database.transaction(Tenant((COMPANY, OTHER_COMPANY))) as session:
            within = partial(run, session)
            return await once(within, key, act, company_id=company_id, origin=origin, request=request, moment=moment)


@pytest.fixture
def effects(database: Database) -> Effects:
    return Effects(database)


async def test_the_same_key_with_the_same_input_gets_the_same_answer(effects: Effects) -> None:
    assert [await effects.send("k", {"a": 1, "b": 2}) for _ in range(3)] == [{"effect": 1}] * 3
    assert await effects.send("k", {"b": 2, "a": 1}) == {"effect": 1}


async def test_without_a_key_each_time_counts(effects: Effects) -> None:
    assert [await effects.send(None) for _ in range(2)] == [{"effect": 1}, {"effect": 2}]


async def test_another_input_under_the_same_key_is_refused(effects: Effects) -> None:
    await effects.send("k", {"a": 1})

    with pytest.raises(Refusal) as refused:
        await effects.send("k", {"a": 2})

    assert (refused.value.code, refused.value.field) == (ErrorCode.IDEMPOTENCY_MISMATCH, ("idempotencyKey",))
    assert effects.count == 1


@pytest.mark.parametrize(
    "other", [{"key": "l"}, {"origin": OTHER_ORIGIN}, {"company_id": OTHER_COMPANY}], ids=["key", "actor", "company"]
)
async def test_keys_are_apart_by_actor_and_company(effects: Effects, other: dict[str, object]) -> None:
    await effects.send("k")

    sent: dict[str, object] = {"key": "k"} | other

    assert await effects.send(**sent) == {"effect": 2}  # type: ignore[arg-type]  # parametrized


async def test_many_at_once_make_one_effect(effects: Effects) -> None:
    answers = await asyncio.gather(*(effects.send("k") for _ in range(20)))

    assert answers == [{"effect": 1}] * 20


async def test_what_was_refused_may_be_tried_again(effects: Effects) -> None:
    for _ in range(2):
        with pytest.raises(Refusal):
            await effects.send("k", refused=True)

    assert await effects.send("k") == {"effect": 1}
    assert await effects.send("k", refused=True) == {"effect": 1}


async def test_a_key_is_forgotten_after_a_day(effects: Effects) -> None:
    await effects.send("k", "old")

    with pytest.raises(Refusal):
        await effects.send("k", "new", moment=MOMENT + timedelta(hours=23, minutes=59))
    assert await effects.send("k", "new", moment=MOMENT + timedelta(hours=24)) == {"effect": 2}
    assert await effects.send("k", "new", moment=MOMENT + timedelta(hours=47)) == {"effect": 2}


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b", "a\nb"])
async def test_malformed_keys_are_refused(effects: Effects, key: str) -> None:
    with pytest.raises(Refusal) as refused:
        await effects.send(key)

    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("idempotencyKey",))
    assert effects.count == 0


async def test_a_key_may_have_255_characters_of_any_script(effects: Effects) -> None:
    assert await effects.send("ж" * 255) == await effects.send("ж" * 255) == {"effect": 1}
