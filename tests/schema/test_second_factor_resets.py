"""Resetting a second factor, as an owner sends it."""

from collections.abc import AsyncIterator

import pytest

from authz.principal import Grant, Principal
from tests.factories.register import Register

OWNER = Principal("administrator", 801, "P801", (Grant(801, 81, "owner"),))
ADMINISTRATOR = Principal("administrator", 802, "P802", (Grant(802, 81, "administrator"),))
RESET = """mutation ($id: ID!) { secondFactorReset(input: {administratorId: $id}) {
  administrator { id name } userErrors { code field message hint }
} }"""


@pytest.fixture(autouse=True)
async def _company(register: Register) -> AsyncIterator[None]:
    """A company of its own, whose owner has just signed in, and whose administrator has a second factor."""
    await register.execute("""
        INSERT INTO companies (id, name, inn, contract_number, region, time_zone, status)
        VALUES (81, 'Factors', '8100000081', '81', 'Moscow', 'Europe/Moscow', 'ACTIVE') ON CONFLICT DO NOTHING
    """)
    await register.execute("""
        INSERT INTO administrators (id, name, language) VALUES (801, 'P801', 'EN'), (802, 'P802', 'EN')
        ON CONFLICT DO NOTHING
    """)
    await register.execute("""
        INSERT INTO grants (company_id, id, administrator_id, role)
        VALUES (81, 801, 801, 'owner'), (81, 802, 802, 'administrator') ON CONFLICT DO NOTHING
    """)
    await register.execute("""
        INSERT INTO sessions (id, administrator_id, token_hash, device, ip, expires_at, stepped_up_at)
        SELECT id, id, id::text::bytea, '', '', now() + interval '1 hour', now() FROM unnest(ARRAY[801, 802]) id
        ON CONFLICT DO NOTHING
    """)
    await register.execute("""
        INSERT INTO second_factors (administrator_id, kind, name, created_at, confirmed_at)
        VALUES (802, 'TOTP', 'Phone', now(), now())
    """)
    yield
    await register.execute("DELETE FROM second_factors WHERE administrator_id = 802")


async def test_an_owner_resets_and_is_answered_with_the_person(register: Register) -> None:
    first = await register.data(RESET, {"id": "adm_802"}, by=OWNER, session_id=801)
    second = await register.data(RESET, {"id": "adm_802"}, by=OWNER, session_id=801)

    assert first["secondFactorReset"] == {"administrator": {"id": "adm_802", "name": "P802"}, "userErrors": []}
    assert second["secondFactorReset"] == {
        "administrator": None,
        "userErrors": [
            {
                "code": "NOT_AVAILABLE",
                "field": ["administratorId"],
                "message": "This person has no second factor.",
                "hint": None,
            }
        ],
    }


async def test_an_administrator_has_no_such_right(register: Register) -> None:
    answer = await register.ask(RESET, {"id": "adm_801"}, by=ADMINISTRATOR, session_id=802)

    assert [each.code for each in answer.causes] == ["FORBIDDEN"]
