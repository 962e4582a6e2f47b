"""Employees that a register names: found by personnel number or name, changed where it says otherwise, or made."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    String,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Text, excerpt
from gateway.models import metadata
from gateway.services.register_rows import MOST_ERRORS, NO_EMPLOYEE, RegisterReader
from gateway.services.register_staging import COMPANY, STAGED
from gateway.services.running import Run
from gateway.statements import Statement

NAMESAKES = Text(
    en="Several employees are called “{name}”. Fill in the personnel number.",
    ru="Сотрудников с именем «{name}» несколько. Укажите табельный номер.",
)
CONTRADICTION = Text(
    en="Row {row} says “{other}” of the same employee. Two people need two personnel numbers.",
    ru="В строке {row} о том же сотруднике сказано «{other}». Двум людям нужны два табельных номера.",
)

_EMPLOYEES, _NUMBERS = metadata.tables["employees"], metadata.tables["numbers"]
_E, _S = _EMPLOYEES.c, STAGED.c
_OURS = _E.company_id == COMPANY
_UNKNOWN = _S.employee_id.is_(None)
_NUMBERED = and_(_UNKNOWN, _S.person.is_not(None))
_NAMED = and_(_UNKNOWN, _S.person.is_(None), _S.employee.is_not(None))
_WHO = func.coalesce(_S.person, _S.employee_key)
"""Stands for an employee who has no id yet."""

# ── Matching with those who are there ─────────────────────────────────────────────────────────────────────────────────

_stripped = (
    select(func.ltrim(_E.personnel_number, literal_column("'0'")).label("number"), _E.id)
    .where(_OURS, _E.personnel_number.is_not(None))
    .subquery()
)
_numbered = (
    select(_stripped.c.number, func.min(_stripped.c.id).label("id"))
    .group_by(_stripped.c.number)
    .having(func.count() == 1)
    .subquery()
)
# Somebody who was known by name only, and whose personnel number is told now.
_unnumbered = (
    select(_E.name_key, func.min(_E.id).label("id"))
    .where(_OURS, _E.personnel_number.is_(None))
    .group_by(_E.name_key)
    .having(func.count() == 1)
    .subquery()
)
_claimed = (
    select(_S.employee_key)
    .where(_NUMBERED)
    .group_by(_S.employee_key)
    .having(func.count(distinct(_S.person)) == 1)
    .subquery()
)
# Where a file gives one personnel number to two names, it is nobody's yet: that is a contradiction, told below.
_one_name = select(_S.person).where(_NUMBERED).group_by(_S.person).having(func.count(distinct(_S.employee_key)) == 1)
# All who have a name, in the company and, by personnel number, in the file.
_people = union(
    select(_E.name_key, _E.id, null().label("person")).where(_OURS),
    select(_S.employee_key, _S.employee_id, case((_UNKNOWN, _S.person))).where(
        _S.person.is_not(None), _S.employee.is_not(None)
    ),
).subquery()
_namesakes = (
    select(
        _people.c.name_key,
        func.max(_people.c.id).label("id"),
        func.max(_people.c.person).label("person"),
        func.count().label("count"),
    )
    .group_by(_people.c.name_key)
    .subquery()
)
_MATCH = tuple(
    map(
        Statement,
        (
            update(STAGED).values(employee_id=_E.id).where(_OURS, _E.personnel_number == _S.personnel_number),
            update(STAGED)
            .values(employee_id=_numbered.c.id)
            .where(_NUMBERED, _S.person == literal_column("' '").concat(_numbered.c.number)),
            update(STAGED)
            .values(employee_id=_unnumbered.c.id)
            .where(
                _NUMBERED,
                _S.employee_key == _unnumbered.c.name_key,
                _S.employee_key == _claimed.c.employee_key,
                _S.person.in_(_one_name),
            ),
            # Of namesakes the one who has the number already.
            update(STAGED)
            .values(employee_id=_NUMBERS.c.employee_id)
            .where(
                _NAMED,
                _NUMBERS.c.company_id == COMPANY,
                _NUMBERS.c.id == _S.number_id,
                _NUMBERS.c.employee_key == _S.employee_key,
            ),
            update(STAGED)
            .values(employee_id=_namesakes.c.id, person=_namesakes.c.person)
            .where(_NAMED, _S.employee_key == _namesakes.c.name_key, _namesakes.c.count == 1),
        ),
    )
)

# ── What speaks against it ────────────────────────────────────────────────────────────────────────────────────────────

_AMBIGUOUS = Statement(
    select(_S.row, _S.employee)
    .join(_namesakes, _namesakes.c.name_key == _S.employee_key)
    .where(_NAMED, _namesakes.c.count > 1)
    .order_by(_S.row)
    .limit(MOST_ERRORS)
)
_NAMELESS = Statement(select(_S.row).where(_NUMBERED, _S.employee.is_(None)).order_by(_S.row).limit(MOST_ERRORS))

_COMPARED = {
    "employee": func.fold(_S.employee),
    "position": func.fold(_S.position),
    "email": _S.email,
    "extra_phone": _S.extra_phone,
    "birth_date": cast(_S.birth_date, String),
}


def _first(value: ColumnElement[Any], of: ColumnElement[Any]) -> ColumnElement[Any]:
    """`value` in the first row of the same person that says anything `of` them."""
    return func.first_value(value).over(
        partition_by=(_S.employee_id, case((_UNKNOWN, _WHO))), order_by=(of.is_(None), _S.row)
    )


_said = (
    select(
        _S.row,
        *(_S[key].label(key) for key in _COMPARED),
        *(_first(_S[key], _S[key]).label(f"{key}_other") for key in _COMPARED),
        *(_first(_S.row, _S[key]).label(f"{key}_row") for key in _COMPARED),
        *((_COMPARED[key] != _first(_COMPARED[key], _S[key])).label(f"{key}_differs") for key in _COMPARED),
    )
    .where(or_(_S.employee_id.is_not(None), _S.employee.is_not(None)))
    .subquery()
)
_CONTRADICTIONS = Statement(
    select(_said).where(or_(*(_said.c[f"{key}_differs"] for key in _COMPARED))).order_by(_said.c.row).limit(MOST_ERRORS)
)

# ── Merging ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_NEW = (_UNKNOWN, _S.employee.is_not(None))
_newcomers = select(_WHO.label("who")).where(*_NEW).distinct().subquery()
_numbered_newcomers = select(_newcomers.c.who, func.nextval(literal("employees_id_seq")).label("id")).subquery()
_ASSIGN_IDS = Statement(
    update(STAGED).values(employee_id=_numbered_newcomers.c.id).where(*_NEW, _numbered_newcomers.c.who == _WHO)
)

_TOLD = ("name", "personnel_number", "position", "email", "extra_phone", "birth_date", "department_id")
_departments = func.array_agg(aggregate_order_by(_S.department_id, _S.row), type_=ARRAY(BigInteger))
_told = (
    select(
        _S.employee_id.label("id"),
        func.min(_S.employee).label("name"),
        *(func.min(_S[name]).label(name) for name in _TOLD[1:-1]),
        _departments.filter(_S.department_id.is_not(None))[1].label("department_id"),
    )
    .where(_S.employee_id.is_not(None))
    .group_by(_S.employee_id)
    .subquery()
)
_T = _told.c
_MERGED = {name: func.coalesce(_T[name], _E[name]) for name in _TOLD} | {
    # Other letters only, as in IVANOV, are no other name.
    "name": case((func.fold(_T.name) == _E.name_key, _E.name), else_=func.coalesce(_T.name, _E.name)),
    "personnel_number": func.coalesce(_E.personnel_number, _T.personnel_number),
}
_merge = insert(_EMPLOYEES).from_select(
    ["company_id", "id", *_TOLD],
    select(COMPANY, _T.id, *(_MERGED[name] for name in _TOLD))
    .join_from(_told, _EMPLOYEES, and_(_OURS, _E.id == _T.id), isouter=True)
    .where(or_(_E.id.is_(None), *(_MERGED[name].is_distinct_from(_E[name]) for name in _TOLD))),
    include_defaults=False,
)
_MERGE = Statement(
    _merge.on_conflict_do_update(
        index_elements=["company_id", "id"], set_={name: _merge.excluded[name] for name in _TOLD}
    )
)


async def match_people(run: Run, company_id: int) -> None:
    """Gives the rows that name an employee the id of the one who is there; the numbers have been matched before.

    A personnel number tells who it is; leading zeros do not count. Else it is the number's employee, when the name is
    the same, else the only one of that name in the company and the file.
    """
    for statement in _MATCH:
        await run(statement, company_id=company_id)


async def check_people(run: Run, company_id: int, reader: RegisterReader) -> None:
    """Refuses rows of which nobody can tell whose they are."""
    for row in await run(_AMBIGUOUS, company_id=company_id):
        message = NAMESAKES(name=excerpt(row["employee"]))
        reader.refuse(row["row"], "employee", row["employee"], ErrorCode.CONFLICT, message)
    for row in await run(_NAMELESS):
        reader.refuse(row["row"], "employee", None, ErrorCode.REQUIRED, NO_EMPLOYEE())
    for row in await run(_CONTRADICTIONS):
        for key in _COMPARED:
            if row[f"{key}_differs"]:
                message = CONTRADICTION(row=row[f"{key}_row"], other=excerpt(str(row[f"{key}_other"])))
                reader.refuse(row["row"], key, str(row[key]), ErrorCode.CONFLICT, message)


async def merge_people(run: Run, company_id: int) -> None:
    """Makes the employees who are missing, and changes the others where the file says otherwise of them."""
    await run(_ASSIGN_IDS)
    await run(_MERGE, company_id=company_id)
