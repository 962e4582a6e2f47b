"""How PostgreSQL reads pages and keys: by the index that was made for them, under row-level security."""

import re

import pytest
from sqlalchemy import text

from gateway.statements import Statement, Tenant
from tests.factories.register import OWNER, Register

PAGE = """query ($first: Int, $after: String, $last: Int, $filter: NumberFilter, $order: NumberOrder) {
  company(by: {id: "com_1"}) {
    numbers(first: $first, after: $after, last: $last, filter: $filter, orderBy: $order) {
      nodes { id msisdn employee { name } department { name } options { option { code } } } pageInfo { endCursor }
    }
  }
}"""


async def plan(register: Register, sql: str) -> str:
    """The plan for a statement that the gateway ran, on one of its own connections."""
    parameters = max(int(number) for number in re.findall(r"\$(\d+)", sql))
    tenant = Tenant(OWNER.companies)
    await register.db.fetch(tenant, Statement(text(f"PREPARE plan AS {sql}")))
    explain = Statement(text(f"EXPLAIN EXECUTE plan({', '.join(['NULL'] * parameters)})"))
    lines = [row[0] for row in await register.db.fetch(tenant, explain)]
    await register.db.fetch(tenant, Statement(text("DEALLOCATE plan")))
    return "\n".join(lines)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize(
    ("field", "index"),
    [
        ("MSISDN", "numbers_msisdn"),
        ("EMPLOYEE", "numbers_employee_key"),
        ("LABEL", "numbers_label"),
        ("ACTIVATED_AT", "numbers_activated_at"),
        ("UPDATED_AT", "numbers_updated_at"),
    ],
)
async def test_a_page_comes_from_an_index_in_its_order(
    register: Register, field: str, index: str, direction: str, backward: bool
) -> None:
    order = {"field": field, "direction": direction}
    first = await register.data(PAGE, {"last" if backward else "first": 50, "order": order})
    begun = register.db.statements[-1]
    cursor = first["company"]["numbers"]["pageInfo"]["endCursor"]
    await register.data(PAGE, {"first": 50, "after": cursor, "order": order})
    resumed = register.db.statements[-1]

    plans = [await plan(register, begun), await plan(register, resumed)]

    scans = [re.search(r"Index Scan(?: Backward)? using (\w+) on numbers", each) for each in plans]
    assert [scan and scan[1] for scan in scans] == [index, index]
    assert [line for each in plans for line in each.splitlines() if "Sort" in line or "Bitmap" in line] == []


@pytest.mark.parametrize(
    ("filter", "index"),
    [
        ({"msisdnPrefix": "7926"}, "numbers_msisdn"),
        ({"employeeId": "emp_1"}, "numbers_employee"),
    ],
)
async def test_a_filter_comes_from_its_index(register: Register, filter: dict[str, object], index: str) -> None:
    await register.data(PAGE, {"filter": filter})

    assert f"using {index} on numbers" in await plan(register, register.db.statements[-1])


@pytest.mark.parametrize(
    ("source", "index"),
    [
        ('{ number(by: {id: "num_1"}) { msisdn } }', "numbers_pkey"),
        ('{ number(by: {msisdn: "79260000001"}) { id } }', "numbers_msisdn"),
        ('{ number(by: {iccid: "897010000000000001"}) { id } }', "numbers_iccid"),
    ],
)
async def test_a_key_comes_from_its_index(register: Register, source: str, index: str) -> None:
    await register.data(source)

    assert f"using {index} on" in await plan(register, register.db.statements[-1])
