"""Where an action is held, and how that is said in SQL."""

import pytest
from sqlalchemy import BigInteger, column, select

from authz.actions import Action
from authz.enforcer import BUILT_IN, Effect, Policy, Rule, extended
from authz.principal import Grant, Principal
from authz.scope import Scope, Shape, holds, scope
from gateway.statements import Statement

COMPANY = column("company_id", BigInteger)
DEPARTMENT = column("department_id", BigInteger)
CAUTIOUS = extended(frozenset({Rule("rol_1", "number:read", Effect.DENY)}))


def principal(*grants: Grant, policy: Policy = BUILT_IN) -> Principal:
    return Principal("administrator", 1, "Anna", grants, policy)


def whole(company_id: int, role: str) -> Grant:
    return Grant(company_id * 10, company_id, role)


def part(company_id: int, role: str, *department_ids: int) -> Grant:
    return Grant(company_id * 10, company_id, role, frozenset(department_ids))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (principal(), Scope()),
        (principal(whole(7, "owner"), whole(5, "auditor")), Scope(companies=(5, 7))),
        (principal(whole(7, "nobody")), Scope()),
        (
            principal(part(7, "manager", 31, 30), part(5, "manager", 50)),
            Scope(departments=(30, 31, 50), department_companies=(5, 7)),
        ),
        (
            principal(whole(7, "auditor"), part(7, "manager", 30), part(5, "manager", 50)),
            Scope(companies=(7,), departments=(50,), department_companies=(5,)),
        ),
        (
            principal(whole(7, "auditor"), part(7, "rol_1", 30, 31), policy=CAUTIOUS),
            Scope(companies=(7,), exceptions=(30, 31)),
        ),
        (principal(whole(7, "rol_1"), part(7, "owner", 30), policy=CAUTIOUS), Scope()),
        (
            principal(part(7, "manager", 30, 31), part(7, "rol_1", 31, 32), policy=CAUTIOUS),
            Scope(departments=(30,), department_companies=(7,)),
        ),
    ],
)
def test_the_scope_takes_all_grants_of_a_place_together(who: Principal, expected: Scope) -> None:
    assert scope(who, Action.NUMBER_READ) == expected


def test_a_scope_names_only_places_where_the_action_is_held() -> None:
    anna = principal(whole(7, "reporting"), part(7, "manager", 30), whole(5, "administrator"))

    assert scope(anna, Action.OPTION_CONNECT) == Scope((5,), (), (30,), (7,))
    assert scope(anna, Action.BILLING_READ) == Scope((5, 7))
    assert scope(anna, Action.OWNER_GRANT) == Scope()


def test_a_scope_is_worked_out_once_for_a_principal() -> None:
    anna = principal(whole(7, "owner"))

    assert scope(anna, Action.NUMBER_READ) is scope(anna, Action.NUMBER_READ)
    assert scope(principal(), Action.NUMBER_READ) == Scope()


@pytest.mark.parametrize(
    ("the_scope", "shape", "condition", "arguments"),
    [
        (Scope(), Shape.COMPANIES, "company_id = ANY ($1::BIGINT[])", [()]),
        (Scope((5, 7)), Shape.COMPANIES, "company_id = ANY ($1::BIGINT[])", [(5, 7)]),
        (
            Scope((), (), (30, 31), (7,)),
            Shape.DEPARTMENTS,
            "company_id = ANY ($1::BIGINT[]) AND department_id = ANY ($2::BIGINT[])",
            [(7,), (30, 31)],
        ),
        (
            Scope((5,), (), (30, 31), (7,)),
            Shape.MIXED,
            "company_id = ANY ($1::BIGINT[]) AND (department_id IS NULL OR department_id != ALL ($2::BIGINT[]))"
            " OR company_id = ANY ($3::BIGINT[]) AND department_id = ANY ($4::BIGINT[])",
            [(5,), (), (7,), (30, 31)],
        ),
        (
            Scope((5,), (50,)),
            Shape.MIXED,
            "company_id = ANY ($1::BIGINT[]) AND (department_id IS NULL OR department_id != ALL ($2::BIGINT[]))"
            " OR company_id = ANY ($3::BIGINT[]) AND department_id = ANY ($4::BIGINT[])",
            [(5,), (50,), (), ()],
        ),
    ],
)
def test_the_text_of_the_condition_depends_on_the_shape_only(
    the_scope: Scope, shape: Shape, condition: str, arguments: list[tuple[int, ...]]
) -> None:
    statement = Statement(select(COMPANY).where(the_scope.shape.where(COMPANY, DEPARTMENT)))

    assert the_scope.shape is shape
    assert statement.sql.partition("WHERE ")[2] == condition
    assert statement.arguments(dict(the_scope.params)) == arguments


def test_rows_without_departments_are_in_the_scope_of_the_whole_company_or_of_anything_in_it() -> None:
    mixed = Scope((5,), (50,), (30,), (7,))

    assert mixed.whole == Scope((5,))
    assert mixed.anywhere == Scope((5, 7))
    assert str(mixed.whole.shape.where(COMPANY)) == "company_id = ANY (:scope_companies)"
    for needs_departments in (mixed, Scope((), (), (30,), (7,))):
        with pytest.raises(TypeError, match="use its `whole` or `anywhere`"):
            needs_departments.shape.where(COMPANY)


@pytest.mark.parametrize(
    ("company_id", "department_id", "expected"),
    [
        (5, None, True),
        (5, 51, True),
        (5, 50, False),
        (7, None, False),
        (7, 30, True),
        (7, 31, False),
        (8, 30, False),
        (8, None, False),
    ],
)
def test_what_a_scope_covers(company_id: int, department_id: int | None, expected: bool) -> None:
    assert Scope((5,), (50,), (30,), (7,)).covers(company_id, department_id) is expected


def test_a_department_manager_holds_nothing_of_the_company_as_a_whole() -> None:
    manager = principal(part(7, "manager", 30))

    assert holds(manager, Action.OPTION_CONNECT, 7, 30)
    assert not holds(manager, Action.OPTION_CONNECT, 7, 31)
    assert not holds(manager, Action.OPTION_CONNECT, 7)
    assert not holds(manager, Action.SPENDING_LIMIT_SET, 7, 30)
    assert not holds(manager, Action.OPTION_CONNECT, 8, 30)
