"""Files that were sent: who sees which of them, and deleting one."""

from collections.abc import AsyncIterator

import pytest

from authz.principal import Grant, Principal
from tests.factories.register import FOREIGN_OWNER, Register

OWNER = Principal("administrator", 95, "P95", (Grant(95, 95, "owner"),))
MANAGER = Principal("administrator", 96, "P96", (Grant(96, 95, "manager", frozenset({95})),))
AUDITOR = Principal("administrator", 97, "P97", (Grant(97, 95, "auditor"),))
KEY = Principal("api_key", 96, "Key with the manager's number", (Grant(98, 95, "manager", frozenset({95})),))
REPORTING = Principal("api_key", 97, "Reports", (Grant(99, 95, "reporting"),))

SENT = "2126-01-31T12:00:00+00:00"
LIST = '{ company(by: {id: "com_95"}) { uploads { id } } }'
SHOW = """query ($id: ID!) { node(id: $id) { ... on Upload {
  name size createdAt expiresAt createdBy { name administrator { id } }
} } }"""
DELETE = """mutation ($id: ID!) { uploadDelete(id: $id) {
  upload { id name createdBy { name } } userErrors { code field }
} }"""


@pytest.fixture(autouse=True)
async def _files(register: Register) -> AsyncIterator[None]:
    """A company of its own with a file of the owner, one of the manager and one that is too old; one of company 3."""
    await register.execute("""
        INSERT INTO companies (id, name, inn, contract_number, region, time_zone, status)
        VALUES (95, 'Files', '9500000095', '95', 'Moscow', 'Europe/Moscow', 'ACTIVE') ON CONFLICT DO NOTHING
    """)
    await register.execute("""
        INSERT INTO administrators (id, name, language) VALUES (96, 'P96', 'EN') ON CONFLICT DO NOTHING
    """)
    await register.execute("""
        INSERT INTO grants (company_id, id, administrator_id, role) VALUES (95, 96, 96, 'manager')
        ON CONFLICT DO NOTHING
    """)
    await register.execute(
        """
        INSERT INTO uploads (company_id, id, actor_kind, actor_id, actor_name, name, size, content, created_at) VALUES
          (95, 1, 'ADMINISTRATOR', 95, 'P95', 'register.csv', 3, 'a;b', $1::text::timestamptz),
          (95, 2, 'ADMINISTRATOR', 96, 'P96', 'list.csv', 1, 'a', $1::text::timestamptz),
          (95, 3, 'ADMINISTRATOR', 95, 'P95', 'old.csv', 1, 'a', now() - interval '25 hours'),
          (3, 4, 'ADMINISTRATOR', 3, 'Canary', 'canary.csv', 1, 'a', $1::text::timestamptz)
        """,
        SENT,
    )
    yield
    await register.execute("DELETE FROM uploads")


@pytest.mark.parametrize(
    ("by", "seen"),
    [(OWNER, ["upl_1", "upl_2"]), (AUDITOR, ["upl_1", "upl_2"]), (MANAGER, ["upl_2"]), (KEY, [])],
    ids=lambda value: value.name if isinstance(value, Principal) else None,
)
async def test_a_manager_sees_their_own_files_others_those_of_the_company(
    register: Register, by: Principal, seen: list[str]
) -> None:
    data = await register.data(LIST, by=by)

    assert data["company"]["uploads"] == [{"id": id} for id in seen]
    shown = [f"upl_{n}" for n in range(1, 5) if (await register.data(SHOW, {"id": f"upl_{n}"}, by=by))["node"]]
    assert shown == seen


async def test_a_file_tells_who_sent_it_and_until_when_it_is_kept(register: Register) -> None:
    data = await register.data(SHOW, {"id": "upl_2"}, by=OWNER)

    assert data["node"] == {
        "name": "list.csv",
        "size": 1,
        "createdAt": SENT,
        "expiresAt": "2126-02-01T12:00:00+00:00",
        "createdBy": {"name": "P96", "administrator": {"id": "adm_96"}},
    }


async def test_who_reads_only_is_shown_none(register: Register) -> None:
    answer = await register.ask(LIST, by=REPORTING)

    assert [each.code for each in answer.causes] == ["FORBIDDEN"]


async def test_a_file_is_deleted_once_and_answered_as_it_was(register: Register) -> None:
    first = await register.data(DELETE, {"id": "upl_2"}, by=OWNER)
    second = await register.data(DELETE, {"id": "upl_2"}, by=OWNER)

    upload = {"id": "upl_2", "name": "list.csv", "createdBy": {"name": "P96"}}
    assert first["uploadDelete"] == {"upload": upload, "userErrors": []}
    assert second["uploadDelete"] == {"upload": None, "userErrors": [{"code": "NOT_FOUND", "field": ["id"]}]}


@pytest.mark.parametrize(("by", "id"), [(FOREIGN_OWNER, "upl_1"), (MANAGER, "upl_1"), (OWNER, "upl_4")])
async def test_what_one_does_not_see_one_does_not_delete(register: Register, by: Principal, id: str) -> None:
    data = await register.data(DELETE, {"id": id}, by=by)

    assert data["uploadDelete"] == {"upload": None, "userErrors": [{"code": "NOT_FOUND", "field": ["id"]}]}
    assert await register.connection.fetchval("SELECT count(*) FROM uploads") == 4
