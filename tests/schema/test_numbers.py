"""Numbers: every field, every way to find one, and every filter of a list."""

import gc
from datetime import UTC, datetime

import asyncpg
import pytest

from gateway.loaders.lookups import Lookups
from gateway.loaders.reading import Read
from schema.numbers import dormant_at
from tests.factories.register import Register


async def test_a_number_with_everything_that_hangs_on_it(register: Register) -> None:
    data = await register.data(
        """{ number(by: {id: "num_1"}) {
          id msisdn iccid kind status label activatedAt lastChargedAt dormantAt updatedAt
          company { name } employee { name } department { name path } tariff { code }
          options { option { code } } forwardings { condition target until } bans { kind since }
          spendingLimit { amount { amount currency } rule spent { amount } }
          journal { nodes { summary } }
        } }"""
    )

    assert data["number"] == {
        "id": "num_1",
        "msisdn": "+79260000001",
        "iccid": "897010000000000001",
        "kind": "MODEM",
        "status": "BLOCKED",
        "label": None,
        "activatedAt": "2024-01-02T00:00:00+00:00",
        "lastChargedAt": None,
        "dormantAt": "2024-04-01T00:00:00+00:00",
        "updatedAt": "2025-06-01T01:00:00+00:00",
        "company": {"name": "ООО «Альфа Ёлки»"},
        "employee": {"name": "Ёжикова Анна"},
        "department": {"name": "Sales", "path": ["Sales"]},
        "tariff": {"code": "MONTH"},
        "options": [{"option": {"code": "NET_10"}}],
        "forwardings": [
            {"condition": "ALWAYS", "target": "+79260000009", "until": None},
            {"condition": "BUSY", "target": "+79261234567", "until": "2126-01-01T00:00:00+00:00"},
        ],
        "bans": [{"kind": "ROAMING", "since": "2025-01-01T00:00:00+00:00"}],
        "spendingLimit": {
            "amount": {"amount": "1500.50", "currency": "RUB"},
            "rule": "STOP",
            "spent": {"amount": "10.05"},
        },
        "journal": {"nodes": [{"summary": "Option “Интернет 10” connected to +792600001"}]},
    }


async def test_what_was_read_is_gone_with_the_answer(register: Register) -> None:
    query = """{ one: number(by: {id: "num_1"}) { options { option { code } } } number(by: {id: "num_12"}) { msisdn }
      company(by: {id: "com_1"}) { numbers(first: 5) { nodes { employee { name } } } } }"""
    await register.data(query)  # what is kept for long is there now
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        await register.data(query)
        gc.collect()
        left = {type(each) for each in gc.garbage} & {Read, Lookups, asyncpg.Record}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()

    assert left == set()


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ('{id: "num_12"}', "num_12"),
        ('{msisdn: "8 (926) 000-00-12"}', "num_12"),
        ('{iccid: "8970 1000 0000 0000 12"}', "num_12"),
        ('{msisdn: "+79270006001"}', "num_6001"),
        ('{msisdn: "+79270000000"}', "num_6053"),
        ('{msisdn: "+79269999999"}', None),
        ('{id: "num_999999"}', None),
    ],
)
async def test_a_number_by_each_of_its_keys(register: Register, by: str, found: str | None) -> None:
    data = await register.data(f"{{ number(by: {by}) {{ id }} }}")

    assert data["number"] == (found and {"id": found})


async def test_keys_that_are_none_are_refused_one_by_one(register: Register) -> None:
    answer = await register.ask(
        """{
          a: number(by: {id: "com_1"}) { id } b: number(by: {iccid: "123"}) { id } c: number(by: {id: "num_1"}) { id }
          d: company(by: {id: "num_1"}) { id } e: company(by: {id: "com_1"}) { id }
        }"""
    )

    assert answer.data == {"a": None, "b": None, "c": {"id": "num_1"}, "d": None, "e": {"id": "com_1"}}
    assert {str(error.path): cause.field for error, cause in zip(answer.errors, answer.causes, strict=True)} == {
        "['a']": ("by", "id"),
        "['b']": ("by", "iccid"),
        "['d']": ("by", "id"),
    }


@pytest.mark.parametrize(
    ("status", "charged", "activated", "dormant"),
    [
        (
            "ACTIVE",
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2020, 1, 1, tzinfo=UTC),
            datetime(2026, 4, 1, tzinfo=UTC),
        ),
        ("BLOCKED", None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
        ("DORMANT", datetime(2026, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC), None),
        ("CLOSED", None, datetime(2020, 1, 1, tzinfo=UTC), None),
    ],
)
def test_ninety_days_without_a_charge_make_a_number_dormant(
    status: str, charged: datetime | None, activated: datetime, dormant: datetime | None
) -> None:
    assert dormant_at({"status": status, "last_charged_at": charged, "activated_at": activated}) == dormant
