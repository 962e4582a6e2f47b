"""Who is signed in, and who else may: administrators, keys, grants, roles, sessions."""

from gateway.kit.texts import Language
from tests.factories.register import MANAGER, OWNER, REPORTING, WITHOUT_EMPLOYEES, Register

VIEWER = """{ viewer {
  name language administrator { id name email phone grants { id } } apiKey { id name prefix grants { role { name } } }
  grants { id role { id name builtIn allows denies } company { name } department { name } }
  sessions { id device ip createdAt lastUsedAt current }
} }"""


async def test_an_administrator(register: Register) -> None:
    data = await register.data(VIEWER, session_id=1, language=Language.RU)

    viewer = data["viewer"]
    assert (viewer["name"], viewer["language"], viewer["apiKey"]) == ("Owner of both", "RU", None)
    assert viewer["administrator"] == {
        "id": "adm_1",
        "name": "Owner of both",
        "email": "owner@alpha.example",
        "phone": "+79261000001",
        "grants": [{"id": "grt_1"}, {"id": "grt_2"}, {"id": "grt_8"}],
    }
    assert [(g["id"], g["role"]["name"], g["company"]["name"], g["department"]) for g in viewer["grants"]] == [
        ("grt_1", "Владелец", "ООО «Альфа Ёлки»", None),
        ("grt_2", "Владелец", "АО «Бета»", None),
        ("grt_8", "Roaming", "ООО «Альфа Ёлки»", None),
    ]
    assert viewer["grants"][2]["role"] == {
        "id": "rol_1",
        "name": "Roaming",
        "builtIn": False,
        "allows": ["option:connect", "number:read"],
        "denies": ["option:disconnect"],
    }
    assert [(s["id"], s["device"], s["ip"], s["current"]) for s in viewer["sessions"]] == [
        ("ses_2", "Chromium", "192.0.2.2", False),
        ("ses_1", "Firefox", "192.0.2.1", True),
    ]


async def test_a_key(register: Register) -> None:
    data = await register.data(VIEWER, by=REPORTING)

    viewer = data["viewer"]
    assert viewer["administrator"] is None
    assert viewer["apiKey"] == {
        "id": "key_1",
        "name": "Reports",
        "prefix": "gw_rep",
        "grants": [{"role": {"name": "Reporting"}}],
    }
    assert [grant["id"] for grant in viewer["grants"]] == ["grt_5"]
    assert viewer["sessions"] == []


async def test_a_manager_sees_the_own_grant_without_a_right_to_see_others(register: Register) -> None:
    data = await register.data(
        """{ viewer { administrator { name } grants { role { name } department { name path } } }
          nodes(ids: ["adm_1", "adm_2", "grt_3", "key_1", "rol_1"]) { id } }""",
        by=MANAGER,
    )

    assert data["viewer"] == {
        "administrator": {"name": "Manager of North"},
        "grants": [
            {"role": {"name": "Department manager"}, "department": {"name": "North", "path": ["Sales", "North"]}}
        ],
    }
    assert data["nodes"] == [None] * 5


async def test_a_stranger_is_nobody(register: Register) -> None:
    assert await register.data(VIEWER, by=None) == {"viewer": None}


async def test_who_else_holds_what_in_a_company(register: Register) -> None:
    data = await register.data(
        """{ company(by: {id: "com_1"}) {
          administrators { totalCount nodes {
            id name lastLoginAt lockedUntil grants { id company { id } role { name } }
          } }
          apiKeys { id name prefix expiresAt lastUsedAt grants { role { id name } } }
        } }"""
    )

    company = data["company"]
    assert company["administrators"]["totalCount"] == 3
    assert [
        (each["name"], [(g["company"]["id"], g["role"]["name"]) for g in each["grants"]])
        for each in company["administrators"]["nodes"]
    ] == [
        ("Owner of both", [("com_1", "Owner"), ("com_2", "Owner"), ("com_1", "Roaming")]),
        ("Manager of North", [("com_1", "Department manager")]),
        ("Auditor of the head, manager of the other", [("com_1", "Auditor"), ("com_2", "Department manager")]),
    ]
    assert [(key["id"], key["grants"][0]["role"]["name"]) for key in company["apiKeys"]] == [("key_1", "Reporting")]


async def test_built_in_roles_come_first_and_are_found_by_their_id(register: Register) -> None:
    data = await register.data('{ company(by: {id: "com_1"}) { roles { id name builtIn allows denies } } }')

    roles = data["company"]["roles"]
    assert [role["name"] for role in roles] == [
        *("Owner", "Administrator", "Finance", "Approver", "Department manager", "Auditor", "Reporting", "Roaming")
    ]
    assert roles[3]["allows"] == [
        *("company:read", "department:read", "employee:read", "number:read", "tariff:read", "option:read"),
        *("billing:read", "journal:read", "bulk_change:read", "bulk_change:approve"),
    ]
    ids = [role["id"] for role in roles]
    again = await register.data("query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Role { name } } }", {"ids": ids})
    assert [node["name"] for node in again["nodes"]] == [role["name"] for role in roles]


async def test_sessions_of_others_do_not_exist(register: Register) -> None:
    data = await register.data('{ nodes(ids: ["ses_1", "ses_3", "ses_4", "ses_5"]) { ... on Session { device } } }')

    assert data["nodes"] == [{"device": "Firefox"}, None, None, None]


async def test_administrators_are_not_shown_without_the_action(register: Register) -> None:
    answer = await register.ask(
        '{ company(by: {id: "com_1"}) { name roles { name } } }', by=WITHOUT_EMPLOYEES, language=Language.RU
    )

    assert answer.data == {"company": None}
    (error,) = answer.causes
    assert error.message.render(Language.RU) == (
        "Имеющиеся здесь роли не разрешают role:read: Видеть роли и что они разрешают. "
        "Право может выдать владелец компании."
    )


async def test_ids_that_are_none_are_refused_one_by_one(register: Register) -> None:
    answer = await register.ask(
        '{ nodes(ids: ["com_1", "what", "upl_1"]) { id } a: node(id: "x") { id } b: node(id: "num_1") { id } }',
        by=OWNER,
    )

    assert answer.data == {"nodes": [{"id": "com_1"}, None, None], "a": None, "b": {"id": "num_1"}}
    assert [(error.path, cause.field) for error, cause in zip(answer.errors, answer.causes, strict=True)] == [
        (["nodes", 1], ("ids",)),
        (["a"], ("id",)),
    ]


async def test_more_ids_than_one_field_takes(register: Register) -> None:
    answer = await register.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["num_1"] * 251})

    (refusal,) = answer.causes
    assert refusal.message.render(Language.EN) == (
        "251 ids are too many for one field; ask for at most 250 and repeat the field under another name."
    )
    assert refusal.message.render(Language.RU) == (
        "251 идентификатор — слишком много для одного поля; запрашивайте не больше 250 и повторите поле под другим "
        "именем."
    )
