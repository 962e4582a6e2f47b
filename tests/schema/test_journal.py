"""The journal of companies and numbers: newest first, in words, filtered."""

import pytest

from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from tests.factories.register import FOREIGN_OWNER, MANAGER, OWNER, WITHOUT_EMPLOYEES, Register

LINES = """query ($filter: JournalFilter) { company(by: {id: "com_1"}) {
  journal(first: 1000, filter: $filter) { totalCount nodes { id } }
} }"""


async def test_a_line_in_full_in_the_callers_language(register: Register) -> None:
    source = """{ number(by: {id: "num_42"}) { journal { nodes {
      id at actor { name administrator { id } } channel action summary before after
      subject { __typename id ... on Number { msisdn } }
    } } } }"""

    english = await register.data(source)
    russian = await register.data(source, language=Language.RU)

    (line,) = english["number"]["journal"]["nodes"]
    assert line == {
        "id": "jrn_42",
        "at": "2025-03-02T18:00:00+00:00",
        "actor": {"name": "Owner then", "administrator": {"id": "adm_1"}},
        "channel": "PORTAL",
        "action": "option:connect",
        "summary": "Option “Интернет 10” connected to +7926000042",
        "subject": {"__typename": "Number", "id": "num_42", "msisdn": "+79260000042"},
        "before": {"options": []},
        "after": {"options": ["NET_10"]},
    }
    assert russian["number"]["journal"]["nodes"][0]["summary"] == "На номер +7926000042 подключена опция «Интернет 10»"


async def test_lines_of_staff_and_of_the_system(register: Register) -> None:
    data = await register.data(
        """{ company(by: {id: "com_1"}) { journal(first: 3) { nodes {
          id actor { name administrator { id } } channel summary subject { __typename id }
        } } } }"""
    )

    assert data["company"]["journal"]["nodes"] == [
        {
            "id": "jrn_302",
            "actor": {"name": "Gateway", "administrator": None},
            "channel": "SYSTEM",
            "summary": "something:else",
            "subject": None,
        },
        {
            "id": "jrn_301",
            "actor": {"name": "Operator", "administrator": None},
            "channel": "OFFICE",
            "summary": "Make and change the company's own roles.",
            "subject": {"__typename": "Role", "id": "rol_1"},
        },
        {
            "id": "jrn_300",
            "actor": {"name": "Owner then", "administrator": None},
            "channel": "API",
            "summary": "Option “Интернет 10” connected to +79260000300",
            "subject": {"__typename": "Number", "id": "num_300"},
        },
    ]


@pytest.mark.parametrize(
    ("filter", "numbers"),
    [
        ({}, [302, 301, *range(300, 0, -1)]),
        ({"from": "2025-03-13T12:00:00Z"}, [302, 301, 300]),
        ({"to": "2025-03-01T04:00:00+00:00"}, [3, 2, 1]),
        ({"from": "2025-03-01T02:00:00+00:00", "to": "2025-03-01T04:00:00+00:00"}, [3, 2]),
        ({"channel": ["OFFICE", "SYSTEM"]}, [302, 301]),
        ({"channel": []}, []),
        ({"action": ["role:save"]}, [301]),
        ({"action": ["session:revoke"]}, []),
        ({"administratorId": "adm_1", "to": "2025-03-01T12:00:00Z"}, [11, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        ({"administratorId": "adm_3"}, []),
        ({"numberId": "num_7"}, [7]),
        ({"numberId": "num_7001"}, []),
    ],
)
async def test_lines_by_filter(register: Register, filter: dict[str, object], numbers: list[int]) -> None:
    data = await register.data(LINES, {"filter": filter})

    assert [node["id"] for node in data["company"]["journal"]["nodes"]] == [f"jrn_{n}" for n in numbers]
    assert data["company"]["journal"]["totalCount"] == len(numbers)


@pytest.mark.parametrize(
    ("filter", "field", "message"),
    [
        (
            {"action": ["role:save", "role:saev"]},
            ("filter", "action", "1"),
            "“role:saev” is no action of the journal; did you mean role:save? Actions are noun:verb.",
        ),
        (
            {"action": ["password:rest"]},
            ("filter", "action", "0"),
            "“password:rest” is no action of the journal; did you mean password:reset? Actions are noun:verb.",
        ),
        (
            {"from": "2025-03-02T00:00:00Z", "to": "2025-03-01T00:00:00Z"},
            ("filter", "to"),
            "“to” lies before “from”. Swap them.",
        ),
    ],
)
async def test_a_filter_that_no_line_can_pass_is_refused(
    register: Register, filter: dict[str, object], field: tuple[str, ...], message: str
) -> None:
    answer = await register.ask(LINES, {"filter": filter})

    [refusal] = answer.causes
    assert (refusal.code, refusal.field) == (ErrorCode.INVALID, field)
    assert refusal.message.render(Language.EN) == message


async def test_an_id_of_another_type_is_refused_at_its_field(register: Register) -> None:
    answer = await register.ask(LINES, {"filter": {"administratorId": "num_1"}})

    (refusal,) = answer.causes
    assert refusal.field == ("filter", "administratorId")


async def test_pages_of_lines_join_without_a_seam(register: Register) -> None:
    source = """query ($after: String) { company(by: {id: "com_1"}) {
      journal(first: 70, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }"""
    seen: list[str] = []
    after = None
    while True:
        part = (await register.data(source, {"after": after}))["company"]["journal"]
        seen += [node["id"] for node in part["nodes"]]
        if not part["pageInfo"]["hasNextPage"]:
            break
        after = part["pageInfo"]["endCursor"]

    assert seen == [f"jrn_{n}" for n in range(302, 0, -1)]


async def test_names_of_actors_stay_where_the_administrator_is_hidden(register: Register) -> None:
    source = '{ number(by: {id: "num_2"}) { journal { nodes { actor { name administrator { name } } } } } }'

    data = await register.data(source, by=MANAGER)

    assert data["number"]["journal"]["nodes"] == [{"actor": {"name": "Owner then", "administrator": None}}]


async def test_the_journal_needs_its_own_action(register: Register) -> None:
    answer = await register.ask('{ number(by: {id: "num_2"}) { id journal { totalCount } } }', by=WITHOUT_EMPLOYEES)

    assert answer.data == {"number": None}
    assert [cause.extensions for cause in answer.causes] == [{"action": "journal:read"}]


async def test_each_company_has_its_own_journal(register: Register) -> None:
    source = "{ companies { nodes { journal { totalCount nodes { id } } } } }"

    mine = await register.data(source, by=OWNER)
    theirs = await register.data(source, by=FOREIGN_OWNER)

    assert [each["journal"]["totalCount"] for each in mine["companies"]["nodes"]] == [0, 302]
    assert theirs["companies"]["nodes"] == [{"journal": {"totalCount": 1, "nodes": [{"id": "jrn_303"}]}}]
