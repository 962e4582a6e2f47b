"""Companies, their holdings, departments and employees; and that those of others do not exist."""

import pytest

from gateway.kit.texts import Language
from tests.factories.register import FOREIGN_OWNER, MANAGER, MIXED, OWNER, WITHOUT_EMPLOYEES, Register


async def test_the_card_of_a_company(register: Register) -> None:
    data = await register.data(
        """{ company(by: {inn: "7707 083 893"}) {
          id name inn kpp ogrn legalAddress contractNumber region timeZone status
          parent { id } subsidiaries { name parent { id } manager { name } } manager { name phone email }
        } }"""
    )

    assert data["company"] == {
        "id": "com_1",
        "name": "ООО «Альфа Ёлки»",
        "inn": "7707083893",
        "kpp": "773601001",
        "ogrn": "1027700132195",
        "legalAddress": "Москва",
        "contractNumber": "C-1",
        "region": "Moscow",
        "timeZone": "Europe/Moscow",
        "status": "ACTIVE",
        "parent": None,
        "subsidiaries": [{"name": "АО «Бета»", "parent": {"id": "com_1"}, "manager": None}],
        "manager": {"name": "Мария", "phone": "+79260000001", "email": "maria@operator.example"},
    }


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ("{}", ["АО «Бета»", "ООО «Альфа Ёлки»"]),
        ('{search: "елки"}', ["ООО «Альфа Ёлки»"]),
        ('{search: "АЛЬФА ооо"}', ["ООО «Альфа Ёлки»"]),
        ('{search: "7736"}', ["АО «Бета»"]),
        ('{search: "%"}', []),
        ('{search: "Canary"}', []),
        ("{status: SUSPENDED}", ["АО «Бета»"]),
        ("{status: CLOSED}", []),
    ],
)
async def test_companies_by_name_or_inn(register: Register, filter: str, names: list[str]) -> None:
    data = await register.data(f"{{ companies(filter: {filter}) {{ totalCount nodes {{ name }} }} }}")

    assert data["companies"] == {"totalCount": len(names), "nodes": [{"name": name} for name in names]}


async def test_companies_page_by_page(register: Register) -> None:
    source = "query ($after: String) { companies(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } }"

    first = await register.data(source)
    second = await register.data(source, {"after": first["companies"]["pageInfo"]["endCursor"]})

    assert [first["companies"]["nodes"], second["companies"]["nodes"]] == [[{"id": "com_2"}], [{"id": "com_1"}]]


async def test_departments_stand_below_their_parents(register: Register) -> None:
    data = await register.data(
        """{ company(by: {id: "com_1"}) {
          departments { nodes { id name costCentre path parent { id } } }
          below: departments(parentId: "dep_1", first: 1) { nodes { id } pageInfo { hasNextPage } }
          none: departments(parentId: "dep_6") { totalCount }
        } }"""
    )

    company = data["company"]
    assert company["departments"]["nodes"] == [
        {"id": "dep_4", "name": "Office", "costCentre": None, "path": ["Office"], "parent": None},
        {"id": "dep_1", "name": "Sales", "costCentre": "CC1", "path": ["Sales"], "parent": None},
        {"id": "dep_2", "name": "North", "costCentre": "CC2", "path": ["Sales", "North"], "parent": {"id": "dep_1"}},
        {
            "id": "dep_3",
            "name": "Depot",
            "costCentre": None,
            "path": ["Sales", "North", "Depot"],
            "parent": {"id": "dep_2"},
        },
    ]
    assert company["below"] == {"nodes": [{"id": "dep_2"}], "pageInfo": {"hasNextPage": False}}
    assert company["none"] == {"totalCount": 0}


async def test_employees_by_name_with_what_they_use(register: Register) -> None:
    data = await register.data(
        """{ company(by: {id: "com_1"}) {
          employees { nodes { id name position personnelNumber email extraPhone birthDate department { id } } }
          found: employees(search: "фёдор КОРОЛЁВ") { nodes { name numbers { id msisdn } } }
          north: employees(departmentId: "dep_2") { totalCount nodes { name } }
        } }"""
    )

    company = data["company"]
    assert [each["name"] for each in company["employees"]["nodes"]] == ["Абрамов Иван", "Ёжикова Анна", "Королёв Фёдор"]
    assert company["employees"]["nodes"][2] == {
        "id": "emp_1",
        "name": "Королёв Фёдор",
        "position": "Courier",
        "personnelNumber": "P1",
        "email": "p1@alpha.example",
        "extraPhone": "+79261110001",
        "birthDate": "1990-05-17",
        "department": {"id": "dep_3"},
    }
    (found,) = company["found"]["nodes"]
    assert found["name"] == "Королёв Фёдор"
    assert found["numbers"] == [{"id": f"num_{n}", "msisdn": f"+7926000{n:04}"} for n in range(3, 31, 3)]
    assert company["north"] == {"totalCount": 2, "nodes": [{"name": "Абрамов Иван"}, {"name": "Королёв Фёдор"}]}


async def test_objects_of_others_do_not_exist(register: Register) -> None:
    data = await register.data(
        """{
          company(by: {id: "com_3"}) { name }
          byInn: company(by: {inn: "5024002077"}) { name }
          number(by: {id: "num_7001"}) { id }
          byMsisdn: number(by: {msisdn: "+79280007001"}) { id }
          byIccid: number(by: {iccid: "897019999999907001"}) { id }
          unknown: company(by: {id: "com_999"}) { name }
          nodes(ids: [
            "com_3", "dep_6", "emp_5", "num_7001", "jrn_303", "adm_3", "key_3", "rol_2", "grt_4", "ses_5", "com_2"
          ]) { id }
        }"""
    )

    nodes = data.pop("nodes")
    assert set(data.values()) == {None}
    assert nodes == [None] * 10 + [{"id": "com_2"}]


async def test_lists_show_nothing_of_others(register: Register) -> None:
    source = """query ($filter: NumberFilter) { companies { nodes {
      name subsidiaries { name } numbers(first: 1000, filter: $filter) { nodes { msisdn label } }
      departments { nodes { name } } employees { nodes { name } } administrators { nodes { name email } }
      roles { name } apiKeys { name } journal(first: 1000) { nodes { actor { name } } }
    } } }"""

    mine = await register.data(source, {"filter": {"search": "route"}})
    theirs = await register.data(source, by=FOREIGN_OWNER)

    assert "Canary" not in str(mine)
    assert [company["name"] for company in theirs["companies"]["nodes"]] == ["Canary Ltd"]
    assert len(theirs["companies"]["nodes"][0]["numbers"]["nodes"]) == 20


async def test_a_manager_sees_the_own_departments_with_all_below(register: Register) -> None:
    data = await register.data(
        """{ companies { nodes { name subsidiaries { name }
          departments { nodes { id parent { id } } } employees { nodes { name department { id } } }
          journal(first: 1000) { totalCount nodes { subject { id } } } } }
          inside: number(by: {id: "num_2"}) { id department { id } employee { name } }
          outside: number(by: {id: "num_4"}) { id }
          nodes(ids: ["dep_1", "dep_3", "emp_1", "emp_2", "num_3", "num_1", "jrn_2", "jrn_1", "jrn_301"]) { id }
        }""",
        by=MANAGER,
    )

    (company,) = data["companies"]["nodes"]
    assert company["name"] == "ООО «Альфа Ёлки»"
    assert company["subsidiaries"] == []
    assert company["departments"]["nodes"] == [
        {"id": "dep_2", "parent": None},
        {"id": "dep_3", "parent": {"id": "dep_2"}},
    ]
    assert [each["name"] for each in company["employees"]["nodes"]] == ["Абрамов Иван", "Королёв Фёдор"]
    assert company["journal"]["totalCount"] == len([n for n in range(1, 301) if n % 5 in (2, 3)])
    assert data["inside"] == {"id": "num_2", "department": {"id": "dep_2"}, "employee": {"name": "Абрамов Иван"}}
    assert data["outside"] is None
    assert [node and node["id"] for node in data["nodes"]] == [
        *(None, "dep_3", "emp_1", None, "num_3", None, "jrn_2", None, None)
    ]


FORBIDDEN_EN = (
    "The roles held here do not allow employee:read_personal: See employees' personal data, such as the birth date. "
    "An owner of the company can grant it."
)
FORBIDDEN_RU = (
    "Имеющиеся здесь роли не разрешают employee:read_personal: Видеть персональные данные сотрудников, например дату "
    "рождения. Право может выдать владелец компании."
)


async def test_a_field_beyond_the_callers_roles_is_refused_where_it_stands(register: Register) -> None:
    answer = await register.ask('{ company(by: {id: "com_1"}) { employees { nodes { name birthDate } } } }', by=MANAGER)

    assert [node["birthDate"] for node in answer.data["company"]["employees"]["nodes"]] == [None, None]
    (first, second) = answer.errors
    assert (first.path, second.path) == (
        ["company", "employees", "nodes", 0, "birthDate"],
        ["company", "employees", "nodes", 1, "birthDate"],
    )
    (error, _) = answer.causes
    assert (error.code, error.extensions) == ("FORBIDDEN", {"action": "employee:read_personal"})
    assert error.message.render(Language.EN) == FORBIDDEN_EN
    assert error.message.render(Language.RU) == FORBIDDEN_RU


async def test_roles_that_differ_by_place_decide_for_each_object(register: Register) -> None:
    answer = await register.ask(
        """{ nodes(ids: ["com_1", "com_2"]) { ... on Company { name apiKeys { name } } }
          companies { nodes { name numbers { totalCount } } } }""",
        by=MIXED,
    )

    assert answer.data == {
        "nodes": [{"name": "ООО «Альфа Ёлки»", "apiKeys": [{"name": "Reports"}]}, None],
        "companies": {
            "nodes": [
                {"name": "АО «Бета»", "numbers": {"totalCount": 40}},
                {"name": "ООО «Альфа Ёлки»", "numbers": {"totalCount": 5_000}},
            ]
        },
    }
    assert [(error.path, cause.extensions) for error, cause in zip(answer.errors, answer.causes, strict=True)] == [
        (["nodes", 1, "apiKeys"], {"action": "api_key:read"})
    ]


async def test_a_reference_that_the_caller_may_not_follow_is_an_error_there(register: Register) -> None:
    answer = await register.ask('{ number(by: {id: "num_1"}) { msisdn employee { name } } }', by=WITHOUT_EMPLOYEES)

    assert answer.data == {"number": {"msisdn": "+79260000001", "employee": None}}
    assert [(error.path, cause.extensions) for error, cause in zip(answer.errors, answer.causes, strict=True)] == [
        (["number", "employee"], {"action": "employee:read"})
    ]


async def test_a_stranger_is_told_to_sign_in(register: Register) -> None:
    answer = await register.ask(
        '{ viewer { name } node(id: "com_1") { id } number(by: {id: "num_1"}) { id } }', by=None
    )

    assert answer.data == {"viewer": None, "node": None, "number": None}
    (error,) = answer.causes
    assert error.code == "UNAUTHENTICATED"
    assert error.message.render(Language.EN) == (
        "Nobody is signed in. Sign in, or send an API key as “Authorization: Bearer …”."
    )
    assert error.message.render(Language.RU) == (
        "Вход не выполнен. Войдите или отправьте ключ API: «Authorization: Bearer …»."
    )


async def test_a_hundred_aliases_are_one_statement(register: Register) -> None:
    aliases = " ".join(f'n{n}: number(by: {{id: "num_{n}"}}) {{ msisdn tariff {{ code }} }}' for n in range(1, 101))

    data = await register.data(f"{{ {aliases} }}", by=OWNER)

    assert len(register.db.statements) == 1
    assert data["n100"] == {"msisdn": "+79260000100", "tariff": {"code": "MONTH"}}
