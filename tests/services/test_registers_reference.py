"""Random registers: the statements over all rows come to what plain Python does a row at a time."""

import contextlib
import io
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.db import Database
from gateway.services import register_staging
from gateway.sheets.limits import SheetLimits
from gateway.sheets.table import Row, read_table
from tests.services import register_reference as reference
from tests.services.fleet import BRANCH, COMPANY, insert
from tests.services.register_files import OTHER_SIM, SIM, arrange_register, take_over, told
from tests.services.register_reference import Cells, Company, Line, Person, fold

THIRD_SIM = "89701010040000000746"
MACHINE, BASIC = 5, 1
CHOICES = {
    "msisdn": [f"7926000010{each}" for each in (1, 2, 3)] * 3
    + [f"7926100000{each}" for each in (1, 2, 3)] * 2
    + ["79260000201", "", "x"],
    "iccid": ["", "", "", SIM, OTHER_SIM, THIRD_SIM],
    "kind": ["", "", "", "", "голос", "модем", "факс"],
    "tariff": ["", "", "T1", "T1", "T1", "T5", "T4", "T9"],
    "label": ["", "A", "B"],
    "employee": ["", "", "Ivan", "IVAN", "Пётр", "Петр", "Anna", "Новый", "Новая"],
    "personnel_number": ["", "", "", "", "7", "007", "8", "9"],
    "position": ["", "", "", "Повар", "повар", "Сторож"],
    "department": ["", "", "Branch", "branch / Новый", "Новый"],
}
HEADERS = {
    "msisdn": "Номер",
    "iccid": "ICCID",
    "kind": "Вид",
    "tariff": "Тариф",
    "label": "Метка",
    "employee": "ФИО",
    "personnel_number": "Табельный номер",
    "position": "Должность",
    "department": "Подразделение",
}
KEYS = {header: key for key, header in HEADERS.items()}

registers = st.lists(
    st.fixed_dictionaries({key: st.sampled_from(choices) for key, choices in CHOICES.items()}), max_size=6
)
# Registers that more often can be taken over: nothing that is refused at sight.
peaceful = st.lists(
    st.fixed_dictionaries(
        {
            "msisdn": st.sampled_from([each for each in CHOICES["msisdn"] if each.isdecimal() and each[-3:] != "201"]),
            "iccid": st.sampled_from(CHOICES["iccid"]),
            "kind": st.just(""),
            "tariff": st.just("T1"),
            "label": st.sampled_from(CHOICES["label"]),
            "employee": st.sampled_from(CHOICES["employee"]),
            "personnel_number": st.sampled_from(CHOICES["personnel_number"]),
            "position": st.just(""),
            "department": st.sampled_from(CHOICES["department"]),
        }
    ),
    max_size=5,
    unique_by=lambda cells: cells["msisdn"],
)


def company() -> Company:
    """What `reset` makes of the database."""
    people = {
        31: Person("Ivan"),
        33: Person("Пётр", "007"),
        34: Person("Anna", "9", department="branch"),
        35: Person("Anna"),
    }
    return Company(
        lines={
            "79260000101": Line("T1", SIM, label="A", person=people[31]),
            "79260000102": Line("T1", OTHER_SIM, person=people[35], department="branch"),
            "79260000103": Line("T5", kind="MODEM"),
        },
        people=list(people.values()),
        departments={"headquarters", "branch"},
        tariffs={
            "T1": frozenset({"VOICE", "MODEM"}),
            "T4": frozenset({"VOICE", "MODEM"}),
            "T5": frozenset({"MODEM"}),
        },
        archived=frozenset({"T4"}),
        taken=frozenset({"79260000201"}),
    )


async def reset(connection: asyncpg.Connection) -> None:
    await connection.execute("""
        DELETE FROM numbers WHERE company_id = 1;
        DELETE FROM employees WHERE company_id = 1;
        DELETE FROM departments WHERE company_id = 1 AND id NOT IN (11, 12);
    """)
    blank: dict[str, Any] = {"company_id": COMPANY, "personnel_number": None, "department_id": None}
    people: tuple[dict[str, Any], ...] = (
        {"id": 31, "name": "Ivan"},
        {"id": 33, "name": "Пётр", "personnel_number": "007"},
        {"id": 34, "name": "Anna", "personnel_number": "9", "department_id": BRANCH},
        {"id": 35, "name": "Anna"},
    )
    await insert(connection, "employees", *(blank | person for person in people))
    blank = {"company_id": COMPANY, "status": "ACTIVE", "kind": "VOICE", "tariff_id": BASIC}
    blank |= dict.fromkeys(("iccid", "label", "employee_id", "department_id"))
    numbers: tuple[dict[str, Any], ...] = (
        {"id": 101, "iccid": SIM, "label": "A", "employee_id": 31},
        {"id": 102, "iccid": OTHER_SIM, "employee_id": 35, "department_id": BRANCH},
        {"id": 103, "kind": "MODEM", "tariff_id": MACHINE},
    )
    await insert(connection, "numbers", *(blank | {"msisdn": f"79260000{each['id']}"} | each for each in numbers))


async def found(connection: asyncpg.Connection) -> tuple[Any, ...]:
    """The company's numbers, employees and departments without ids."""
    people = await connection.fetch("""
        SELECT e.id, e.name, e.personnel_number, e.position, d.path FROM employees e
        LEFT JOIN departments d ON d.company_id = e.company_id AND d.id = e.department_id WHERE e.company_id = 1
    """)
    persons = {
        row["id"]: (fold(row["name"]), row["personnel_number"], fold(row["position"] or ""), joined(row["path"]))
        for row in people
    }
    numbers = await connection.fetch("""
        SELECT n.msisdn, n.tariff_id, n.iccid, n.kind, n.label, n.employee_id, d.path FROM numbers n
        LEFT JOIN departments d ON d.company_id = n.company_id AND d.id = n.department_id WHERE n.company_id = 1
    """)
    lines = {row["msisdn"]: (*tuple(row)[1:5], persons.get(row["employee_id"]), joined(row["path"])) for row in numbers}
    departments = await connection.fetch("SELECT path FROM departments WHERE company_id = 1")
    return lines, Counter(persons.values()), Counter(joined(row["path"]) for row in departments)


def expected(company: Company) -> tuple[Any, ...]:
    lines = {
        msisdn: (int(line.tariff[1:]), line.iccid, line.kind, line.label, reference.shown(line.person), line.department)
        for msisdn, line in company.lines.items()
    }
    return lines, Counter(map(reference.shown, company.people)), Counter(company.departments)


def joined(path: list[str] | None) -> str | None:
    return None if path is None else fold("/".join(path))


@contextlib.asynccontextmanager
async def open_here(source: bytes) -> AsyncIterator[AsyncIterator[Row]]:
    """Reads the file without a process of its own, which takes most of the time of a small import."""

    async def rows() -> AsyncIterator[Row]:
        for row in read_table(io.BytesIO(source), SheetLimits()):
            yield row

    yield rows()


@pytest.fixture(autouse=True)
async def _fleet(owner_connection: asyncpg.Connection, clean_tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_staging, "open_sheet", open_here)
    await arrange_register(owner_connection)


def row(**cells: str) -> Cells:
    return dict.fromkeys(CHOICES, "") | cells


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(registers | peaceful)
@example(
    [
        row(msisdn="79260000101", employee="Пётр", personnel_number="8"),
        row(msisdn="79260000102", employee="Ivan", personnel_number="8"),
    ]
)
@example([row(msisdn="79260000101", iccid=OTHER_SIM), row(msisdn="79260000102", iccid=SIM)])
@example([row(msisdn="79260000103", employee="Петр", department="Новый"), row(msisdn="79260000102", employee="ПЁТР")])
@example([row(msisdn="79260000102", employee="Anna"), row(msisdn="79260000103", employee="Anna")])
async def test_a_register_comes_to_what_plain_python_does(
    database: Database, owner_connection: asyncpg.Connection, rows: list[Cells]
) -> None:
    await reset(owner_connection)
    model = company()
    rows = [cells for cells in rows if any(cells.values())]
    wanted = reference.take_over(model, rows)
    file = [list(HEADERS.values()), *([cells[key] for key in HEADERS] for cells in rows)]

    tried = await take_over(database, *file, dry_run=True)
    imported = await take_over(database, *file)
    again = await take_over(database, *file)

    assert {(each, KEYS[column], code) for each, column, _, code in told(imported)} == wanted.errors
    assert (imported.added, imported.changed) == (wanted.added, wanted.changed)
    assert await found(owner_connection) == expected(model)
    assert tried == imported
    assert again == imported if imported.errors else (again.added, again.changed, again.errors) == (0, 0, ())
