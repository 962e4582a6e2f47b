"""The demo's log-ins and API keys. They are public, so they may exist in a demo only."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from authz.actions import Action
from authz.roles import BuiltInRole
from gateway.demo.batches import Batch, Calendar, Row
from gateway.demo.companies import HEAD, OTHER, SUBSIDIARY
from gateway.demo.departments import MANAGED, Place
from gateway.models.access import Administrator, ApiKey, Credential, Grant, Role
from gateway.services.principals import hash_token

PASSWORD = "demo-Password-1"
API_KEY = "gw_demo_reporting"
OTHER_API_KEY = "gw_demo_other_reporting"

_KEY_PREFIX = "gw_demo_"
_HOLDING = (HEAD, SUBSIDIARY)


class Login(NamedTuple):
    """An administrator of the demo, with one role in some companies, or in one department and below."""

    email: str
    name: str
    phone: str | None
    language: str
    role: BuiltInRole
    companies: tuple[int, ...]
    department: str | None = None


LOGINS = (
    Login("owner@demo.example", "Воронцов Сергей Андреевич", "79750000001", "RU", BuiltInRole.OWNER, _HOLDING),
    Login("admin@demo.example", "Лебедева Анна Викторовна", "79750000002", "RU", BuiltInRole.ADMINISTRATOR, _HOLDING),
    Login("finance@demo.example", "Каримова Гульнара Маратовна", "79750000003", "RU", BuiltInRole.FINANCE, _HOLDING),
    Login("approver@demo.example", "Королёв Фёдор Ильич", "79750000004", "RU", BuiltInRole.APPROVER, _HOLDING),
    Login("manager@demo.example", "Зимин Егор Павлович", "79750000005", "RU", BuiltInRole.MANAGER, (HEAD,), MANAGED),
    Login("auditor@demo.example", "Вишневская Ольга Юрьевна", None, "EN", BuiltInRole.AUDITOR, _HOLDING),
    Login("reporting@demo.example", "Шевченко Илья Олегович", None, "EN", BuiltInRole.REPORTING, _HOLDING),
    Login("owner@other.example", "Хабибуллин Тимур Рустамович", "79750000008", "RU", BuiltInRole.OWNER, (OTHER,)),
)


def batches(password_hash: str, departments: Sequence[Place], calendar: Calendar) -> Iterator[Batch]:
    """The rows of everyone who may sign in; `departments` are those of the head of the holding."""
    since = calendar.days_ago(200)
    yield Batch(
        Administrator,
        ("id", "name", "email", "phone", "language", "created_at"),
        [(number, each.name, each.email, each.phone, each.language, since) for number, each in enumerate(LOGINS, 1)],
    )
    yield Batch(
        Credential,
        ("administrator_id", "password_hash", "changed_at"),
        [(number, password_hash, since) for number in range(1, len(LOGINS) + 1)],
    )
    yield Batch(
        ApiKey,
        ("company_id", "id", "name", "prefix", "secret_hash", "created_at"),
        [
            (HEAD, 1, "Отчётность", _KEY_PREFIX, hash_token(API_KEY), since),
            (OTHER, 2, "Отчётность", _KEY_PREFIX, hash_token(OTHER_API_KEY), since),
        ],
    )
    yield Batch(
        Role,
        ("company_id", "id", "name", "allows", "denies"),
        [(HEAD, 1, "Координатор роуминга", [*_ROAMING_COORDINATOR], [Action.OPTION_DISCONNECT])],
    )
    yield Batch(
        Grant,
        ("company_id", "id", "administrator_id", "api_key_id", "role", "department_id", "created_at"),
        [(company_id, number, *grant, since) for number, (company_id, *grant) in enumerate(_grants(departments), 1)],
    )


_ROAMING_COORDINATOR = (
    *(Action.COMPANY_READ, Action.NUMBER_READ, Action.TARIFF_READ, Action.OPTION_READ),
    *(Action.NUMBER_CHANGE, Action.OPTION_CONNECT),
)


def _grants(departments: Sequence[Place]) -> Iterator[Row]:
    """Company, administrator, API key, role and department of each grant."""
    by_name = {place.name: place.id for place in departments}
    for number, login in enumerate(LOGINS, 1):
        for company_id in login.companies:
            yield company_id, number, None, login.role, by_name[login.department] if login.department else None
    yield HEAD, None, 1, BuiltInRole.REPORTING, None
    yield OTHER, None, 2, BuiltInRole.REPORTING, None
