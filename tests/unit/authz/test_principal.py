"""Which roles somebody holds at which place."""

from authz.actions import Action
from authz.enforcer import Effect, Rule, extended
from authz.principal import Grant, Place, Principal


def principal(*grants: Grant) -> Principal:
    return Principal("administrator", 1, "Anna", grants)


def everywhere(somebody: Principal) -> set[Action]:
    return {action for action in Action if somebody.holds_everywhere(action)}


def test_somebody_without_grants_holds_nothing_anywhere() -> None:
    nobody = principal()

    assert nobody.companies == ()
    assert nobody.places == ()
    assert everywhere(nobody) == set()
    assert nobody.roles_at(1) == ()


def test_roles_of_a_whole_company_hold_in_its_departments_too_but_not_the_other_way() -> None:
    anna = principal(
        Grant(1, 7, "manager", frozenset({31, 30})),
        Grant(2, 7, "auditor"),
        Grant(3, 5, "finance", frozenset({50})),
        Grant(4, 7, "approver", frozenset({31})),
    )

    assert anna.companies == (5, 7)
    assert anna.roles_at(7) == ("auditor",)
    assert anna.roles_at(7, 99) == ("auditor",)
    assert anna.roles_at(7, 30) == ("auditor", "manager")
    assert anna.roles_at(7, 31) == ("approver", "auditor", "manager")
    assert anna.roles_at(5) == ()
    assert anna.roles_at(5, 50) == ("finance",)
    assert anna.roles_at(5, 30) == ()
    assert sorted(anna.places, key=lambda place: place.roles) == [
        Place(7, (31,), ("approver", "auditor", "manager")),
        Place(7, None, ("auditor",)),
        Place(7, (30,), ("auditor", "manager")),
        Place(5, (50,), ("finance",)),
    ]


def test_departments_of_the_same_roles_are_one_place() -> None:
    anna = principal(Grant(1, 7, "manager", frozenset({33, 31})), Grant(2, 7, "manager", frozenset({32})))

    assert anna.places == (Place(7, (31, 32, 33), ("manager",)),)


def test_a_role_granted_twice_counts_once() -> None:
    assert principal(Grant(1, 7, "auditor"), Grant(2, 7, "auditor")).roles_at(7) == ("auditor",)


def test_a_grant_over_no_department_is_no_grant() -> None:
    anna = principal(Grant(1, 7, "manager", frozenset()))

    assert anna.companies == ()
    assert everywhere(anna) == set()


def test_everywhere_is_what_all_places_have_in_common() -> None:
    rules = frozenset({Rule("rol_1", "journal:read", Effect.DENY), Rule("rol_1", "ban:set", Effect.ALLOW)})
    anna = Principal(
        "administrator", 1, "Anna",
        (Grant(1, 7, "owner"), Grant(2, 5, "reporting"), Grant(3, 7, "rol_1", frozenset({30}))),
        extended(rules),
    )  # fmt: skip

    assert everywhere(anna) == {
        Action.COMPANY_READ, Action.DEPARTMENT_READ, Action.EMPLOYEE_READ, Action.NUMBER_READ, Action.TARIFF_READ,
        Action.OPTION_READ, Action.BILLING_READ, Action.BULK_CHANGE_READ,
    }  # fmt: skip
