"""What operations name beside a number, found for any count of numbers by the same few statements."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, String, Table, any_, bindparam, or_, select

from authz.actions import Action
from authz.principal import Principal
from authz.scope import Shape, holds, scope
from gateway.kit.identifiers import iccid_spellings
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.models.numbers import NumberStatus
from gateway.operations.assignments import Assign
from gateway.operations.forwardings import ForwardingClear, ForwardingSet
from gateway.operations.operation import Operation
from gateway.operations.sims import SimReplace
from gateway.operations.spending_limits import SpendingLimitSet
from gateway.operations.state import NumberState, Surroundings
from gateway.services.running import Run
from gateway.services.sims import claim
from gateway.statements import Statement

_NUMBERS, _FORWARDINGS = metadata.tables["numbers"], metadata.tables["forwardings"]
_LIMITS = metadata.tables["spending_limits"]
_EMPLOYEES, _DEPARTMENTS = metadata.tables["employees"], metadata.tables["departments"]
_COMPANIES = any_(bindparam("companies", type_=ARRAY(BigInteger)))

_SPENT = Statement(
    select(_LIMITS.c.company_id, _LIMITS.c.number_id, _LIMITS.c.spent_kopecks).where(
        _LIMITS.c.company_id == _COMPANIES,
        _LIMITS.c.number_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    )
)


async def surround(
    run: Run, principal: Principal, states: Sequence[NumberState], operations: Sequence[Operation], moment: datetime
) -> list[NumberState]:
    """The states with all around them that the operations, and what takes them back, may name and the caller sees."""
    around: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    companies = sorted({state.company_id for state in states})
    assigned = [each for each in operations if isinstance(each, Assign)]
    if assigned:
        for attribute, table, column, action in (
            ("employees", _EMPLOYEES, "employee_id", Action.EMPLOYEE_READ),
            ("departments", _DEPARTMENTS, "department_id", Action.DEPARTMENT_READ),
        ):
            held = scope(principal, action)
            named = [getattr(each, column) for each in (*assigned, *states)]
            ids = sorted({id for id in named if isinstance(id, int)})
            for row in await run(_named(table, held.shape), companies=companies, ids=ids, **held.params):
                around[row["company_id"]].setdefault(attribute, {})[row["id"]] = row["name"]
    if any(isinstance(each, ForwardingSet | ForwardingClear) for each in operations):
        held = scope(principal, Action.NUMBER_READ)
        targets = sorted(set(_targets(operations, states)))
        for row in await run(_chain(held.shape), companies=companies, targets=targets, moment=moment, **held.params):
            forwardings = around[row["company_id"]].setdefault("forwardings", {})
            forwardings.setdefault(row["msisdn"], {})[row["condition"]] = row["target"]
    if any(isinstance(each, SpendingLimitSet) for each in operations):
        for row in await run(_SPENT, companies=companies, ids=[state.id for state in states]):
            around[row["company_id"]].setdefault("spent", {})[row["number_id"]] = row["spent_kopecks"]
    replaced = [each.iccid for each in operations if isinstance(each, SimReplace)]
    # Which cards are in use, of whatever company, is told only to those who may put one in.
    if any(holds(principal, SimReplace.kind, each.company_id, each.department_id) for each in states if replaced):
        spellings = {spelling for iccid in replaced for spelling in iccid_spellings(iccid)}
        # Of several numbers that are to get a free card only the first can have it.
        sims = dict.fromkeys(replaced, states[0].id) | await claim(run, spellings)
        for company_id in companies:
            around[company_id]["sims"] = sims
    if not around:
        return list(states)
    found: Mapping[int, Surroundings] = {company_id: Surroundings(**known) for company_id, known in around.items()}
    return [replace(state, around=found.get(state.company_id, Surroundings())) for state in states]


def _targets(operations: Iterable[Operation], states: Iterable[NumberState]) -> Iterator[str]:
    for operation in operations:
        if isinstance(operation, ForwardingSet):
            yield operation.target
    for state in states:
        yield from (forwarded.target for forwarded in state.forwardings.values())


@cache
def _named(table: Table, shape: Shape) -> Statement:
    """Those with these ids that the caller sees. A department stands at itself, an employee at theirs."""
    place = table.c.id if table is _DEPARTMENTS else table.c.department_id
    return Statement(
        select(table.c.company_id, table.c.id, table.c.name).where(
            table.c.company_id == _COMPANIES,
            table.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
            shape.where(table.c.company_id, place),
        )
    )


@cache
def _chain(shape: Shape) -> Statement:
    """The forwardings in force of visible numbers that calls to these targets reach, from one to the next."""

    def forwardings(reached: ColumnElement[bool]) -> Any:
        return (
            select(_NUMBERS.c.company_id, _NUMBERS.c.msisdn, _FORWARDINGS.c.condition, _FORWARDINGS.c.target)
            .join_from(
                _NUMBERS,
                _FORWARDINGS,
                (_FORWARDINGS.c.company_id == _NUMBERS.c.company_id) & (_FORWARDINGS.c.number_id == _NUMBERS.c.id),
            )
            .where(
                _NUMBERS.c.status != NumberStatus.CLOSED.value,
                or_(_FORWARDINGS.c.until.is_(None), _FORWARDINGS.c.until > bindparam("moment", type_=MOMENT)),
                shape.where(_NUMBERS.c.company_id, _NUMBERS.c.department_id),
                reached,
            )
        )

    targets = any_(bindparam("targets", type_=ARRAY(String)))
    first = forwardings((_NUMBERS.c.company_id == _COMPANIES) & (_NUMBERS.c.msisdn == targets))
    chain = first.cte("chain", recursive=True)
    onward = (_NUMBERS.c.company_id == chain.c.company_id) & (_NUMBERS.c.msisdn == chain.c.target)
    chain = chain.union(forwardings(onward))
    return Statement(select(chain))
