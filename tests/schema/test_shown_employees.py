"""A list of numbers tells of employees no more than its reader may see of them, by whatever they search or order by."""

import base64
from typing import Any

import orjson
import pytest

from authz.principal import Principal
from tests.factories.register import MANAGER, OWNER, WITHOUT_EMPLOYEES, Register

PAGE = """query ($filter: NumberFilter, $order: NumberOrder, $after: String) {
  company(by: {id: "com_1"}) {
    numbers(first: 20, after: $after, filter: $filter, orderBy: $order) {
      totalCount pageInfo { endCursor hasNextPage } edges { cursor node { id employee { name } } }
    }
  }
}"""
BY_EMPLOYEE = {"field": "EMPLOYEE", "direction": "DESC"}


async def numbers(register: Register, by: Principal, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await register.ask(PAGE, given, by=by)).data["company"]["numbers"]
    return found


async def total(register: Register, by: Principal, **filter: str) -> int:
    count: int = (await numbers(register, by, filter=filter))["totalCount"]
    return count


async def test_nobody_is_found_by_an_employee_who_is_not_shown(register: Register) -> None:
    # Anna, emp_2, works where the manager has no say, and uses four of the numbers that they see.
    assert await total(register, OWNER, search="ежикова анна") == 10
    assert await total(register, MANAGER, search="ежикова анна") == 0
    assert await total(register, MANAGER, employeeId="emp_2") == 0
    assert await total(register, WITHOUT_EMPLOYEES, search="ежикова") == 0
    assert await total(register, WITHOUT_EMPLOYEES, employeeId="emp_2") == 0


async def test_employees_who_are_shown_are_found_and_so_is_what_is_no_employee(register: Register) -> None:
    found = await numbers(register, MANAGER, filter={"search": "королев"})

    assert [edge["node"]["id"] for edge in found["edges"]] == ["num_3", "num_12", "num_18", "num_27"]
    assert await total(register, MANAGER, employeeId="emp_1") == 4
    assert await total(register, MANAGER, search="королев route 12") == 1
    assert await total(register, MANAGER, search="+7 (926) 000-00-07") == 1
    assert await total(register, WITHOUT_EMPLOYEES, search="route 48") == await total(
        register, OWNER, search="route 48"
    )


@pytest.mark.parametrize(
    ("by", "shown"), [(MANAGER, ["Королёв Фёдор"] * 4 + ["Абрамов Иван"] * 4), (WITHOUT_EMPLOYEES, [])]
)
async def test_an_order_by_employees_and_its_cursors_tell_of_those_who_are_shown(
    register: Register, by: Principal, shown: list[str]
) -> None:
    names, told, ids, after, more = list[str | None](), set[str](), list[str](), None, True
    while more:
        page = await numbers(register, by, order=BY_EMPLOYEE, after=after)
        for edge in page["edges"]:
            names.append(edge["node"]["employee"] and edge["node"]["employee"]["name"])
            ids.append(edge["node"]["id"])
            packed = edge["cursor"][5:]
            told.add(orjson.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))[0])
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"] and len(ids) < 100

    assert [name for name in names if name] == shown
    assert told == {"", *(name.lower().replace("ё", "е") for name in shown)}
    assert len(set(ids)) == len(ids) == 100
