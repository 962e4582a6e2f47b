"""Taking over a register in plain Python, a row at a time: what the statements over all rows must come to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Cells = Mapping[str, str]
"""The cells of a row by column."""

Error = tuple[int, str, str]
"""Row, column and code."""

KINDS = {"голос": "VOICE", "модем": "MODEM"}


def fold(text: str) -> str:
    return text.lower().replace("ё", "е")


@dataclass(eq=False)
class Person:
    name: str
    number: str | None = None
    position: str | None = None
    department: str | None = None


@dataclass
class Line:
    tariff: str
    iccid: str | None = None
    kind: str = "VOICE"
    label: str | None = None
    person: Person | None = None
    department: str | None = None


@dataclass
class Company:
    """Numbers by msisdn, employees, and departments as folded paths. `tariffs` are the kinds that each is sold for."""

    lines: dict[str, Line]
    people: list[Person]
    departments: set[str]
    tariffs: Mapping[str, frozenset[str]]
    archived: frozenset[str]
    taken: frozenset[str]


@dataclass
class Register:
    """The rows that hold what they should, and whose they are."""

    company: Company
    rows: dict[int, Cells] = field(default_factory=dict)
    errors: set[Error] = field(default_factory=set)
    whose: dict[int, Person] = field(default_factory=dict)
    added: int = 0
    changed: int = 0


def take_over(company: Company, rows: Sequence[Cells]) -> Register:
    """Changes the company, if there are no errors."""
    register = Register(company)
    for number, cells in enumerate(rows, 2):
        if errors := set(_unreadable(number, cells, company)):
            register.errors |= errors
        else:
            register.rows[number] = cells
    _find_people(register)
    _compare(register)
    for number, cells in register.rows.items():
        register.errors.update((number, *error) for error in _refused(number, cells, register))
    if not register.errors:
        _merge(register)
    return register


def _unreadable(number: int, cells: Cells, company: Company) -> Iterable[Error]:
    if not cells["msisdn"].isdecimal():
        yield number, "msisdn", "INVALID" if cells["msisdn"] else "REQUIRED"
    if cells["kind"] and cells["kind"] not in KINDS:
        yield number, "kind", "INVALID"
    if cells["tariff"] and cells["tariff"] not in company.tariffs:
        yield number, "tariff", "NOT_FOUND"
    if cells["position"] and not cells["employee"] and not cells["personnel_number"]:
        yield number, "employee", "REQUIRED"


def _find_people(register: Register) -> None:
    people, rows = register.company.people, register.rows
    numbered = {row: cells for row, cells in rows.items() if cells["personnel_number"]}
    for row, cells in numbered.items():
        exact = [each for each in people if each.number == cells["personnel_number"]]
        alike = [
            each for each in people if each.number and stripped(each.number) == stripped(cells["personnel_number"])
        ]
        if exact or len(alike) == 1:
            register.whose[row] = (exact or alike)[0]
    newcomers: dict[str, Person] = {}
    unknown = {row: cells for row, cells in numbered.items() if row not in register.whose and cells["employee"]}
    for row, cells in unknown.items():
        key = fold(cells["employee"])
        claims = {stripped(each["personnel_number"]) for each in unknown.values() if fold(each["employee"]) == key}
        had_none = [each for each in people if each.number is None and fold(each.name) == key]
        number = stripped(cells["personnel_number"])
        names = {fold(each["employee"]) for each in unknown.values() if stripped(each["personnel_number"]) == number}
        if len(claims) == len(had_none) == len(names) == 1:
            register.whose[row] = had_none[0]
        else:
            newcomer = Person(cells["employee"], cells["personnel_number"])
            register.whose[row] = newcomers.setdefault(number, newcomer)
    for row in numbered.keys() - register.whose.keys():
        register.errors.add((row, "employee", "REQUIRED"))
    in_file = [(fold(rows[row]["employee"]), whose) for row, whose in register.whose.items() if rows[row]["employee"]]
    for row, cells in rows.items():
        if row in numbered or not cells["employee"]:
            continue
        key = fold(cells["employee"])
        line = register.company.lines.get(cells["msisdn"])
        if line is not None and line.person is not None and fold(line.person.name) == key:
            register.whose[row] = line.person
            continue
        namesakes = {each for each in people if fold(each.name) == key} | {who for name, who in in_file if name == key}
        if len(namesakes) > 1:
            register.errors.add((row, "employee", "CONFLICT"))
        register.whose[row] = (
            namesakes.pop() if len(namesakes) == 1 else newcomers.setdefault(f"name {key}", Person(cells["employee"]))
        )


def _compare(register: Register) -> None:
    """All rows of a person say the same."""
    said: dict[tuple[Person, str], str] = {}
    for row in sorted(register.whose):
        for column in ("employee", "position"):
            value = fold(register.rows[row][column])
            if value and said.setdefault((register.whose[row], column), value) != value:
                register.errors.add((row, column, "CONFLICT"))


def _refused(row: int, cells: Cells, register: Register) -> Iterable[tuple[str, str]]:
    company = register.company
    for column in ("msisdn", "iccid"):
        if cells[column] and any(
            other < row and register.rows[other][column] == cells[column] for other in register.rows
        ):
            yield column, "CONFLICT"
    line = company.lines.get(cells["msisdn"])
    if line is None:
        kind = KINDS.get(cells["kind"], "VOICE")
        if cells["msisdn"] in company.taken:
            yield "msisdn", "NOT_AVAILABLE"
        if not cells["tariff"]:
            yield "tariff", "REQUIRED"
        elif cells["tariff"] in company.archived or kind not in company.tariffs[cells["tariff"]]:
            yield "tariff", "NOT_AVAILABLE"
    else:
        kind = KINDS.get(cells["kind"], line.kind)
        if cells["tariff"] and cells["tariff"] != line.tariff:
            yield "tariff", "CONFLICT"
        if kind != line.kind and kind not in company.tariffs[line.tariff]:
            yield "kind", "NOT_AVAILABLE"
    moved = {each["msisdn"] for each in register.rows.values() if each["iccid"]}
    if cells["iccid"] and any(
        other.iccid == cells["iccid"] and msisdn != cells["msisdn"] and msisdn not in moved
        for msisdn, other in company.lines.items()
    ):
        yield "iccid", "CONFLICT"


def _merge(register: Register) -> None:
    company = register.company
    told: set[Person] = set()
    for row, cells in sorted(register.rows.items()):
        present = company.lines.get(cells["msisdn"])
        line = replace(present) if present else Line(cells["tariff"])
        line.iccid = cells["iccid"] or line.iccid
        line.kind = KINDS.get(cells["kind"], line.kind)
        line.label = cells["label"] or line.label
        line.person = register.whose.get(row, line.person)
        line.department = fold(cells["department"]).replace(" / ", "/") or line.department
        register.added += present is None
        register.changed += present is not None and present != line
        company.lines[cells["msisdn"]] = line
        if cells["department"]:
            levels = line.department.split("/") if line.department else []
            company.departments |= {"/".join(levels[:depth]) for depth in range(1, len(levels) + 1)}
        if row in register.whose:
            _tell(register.whose[row], cells, company, first=register.whose[row] not in told)
            if cells["department"]:
                told.add(register.whose[row])


def _tell(person: Person, cells: Cells, company: Company, *, first: bool) -> None:
    if person not in company.people:
        company.people.append(person)
    if cells["employee"] and fold(cells["employee"]) != fold(person.name):
        person.name = cells["employee"]
    if cells["personnel_number"]:
        # Of 7 and 007 in one file the longer one is kept.
        person.number = min(filter(None, (person.number, cells["personnel_number"])))
    person.position = cells["position"] or person.position
    if first:
        person.department = fold(cells["department"]).replace(" / ", "/") or person.department


def stripped(personnel_number: str) -> str:
    return personnel_number.lstrip("0")


def shown(person: Person | None) -> Any:
    """A person without ids, to compare by."""
    if person is None:
        return None
    return (fold(person.name), person.number, fold(person.position or ""), person.department)
