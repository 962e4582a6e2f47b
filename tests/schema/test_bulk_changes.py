"""Bulk changes as clients plan, apply and follow them."""

from typing import Any

import pytest

from authz.principal import Grant, Principal
from gateway.jobs import Jobs
from gateway.kit.texts import Language
from tests.factories.register import Register

AUTHOR = Principal("administrator", 91, "P91", (Grant(91, 91, "owner"),))
SECOND = Principal("administrator", 92, "P92", (Grant(92, 91, "owner"),))
MANAGER = Principal("administrator", 93, "P93", (Grant(93, 91, "manager", frozenset({91})),))
IDS = [f"num_{number}" for number in range(91001, 91006)]
FOREIGNER = Principal("administrator", 94, "P94", (Grant(94, 92, "owner"),))

LIMIT = """mutation ($input: ApprovalThresholdInput!) { approvalThresholdSet(input: $input) {
  approvalThreshold { numberCount amount { amount } } userErrors { code field }
} }"""
SHOW = """query ($id: ID!) { bulkChange(id: $id) {
  status comment createdBy { name administrator { id } } company { id } error { code field message }
  plan { hash numberCount refused { code count } oneOff { amount } monthly { amount } warnings irreversible }
  approval { reason decidedBy { name } comment }
  progress { total applied failed skipped pending rate estimatedEndAt }
  items(first: 2) { totalCount nodes { number { msisdn } state oneOff { amount } error { code field message } } }
  undoOf { id } retryOf { id }
} }"""


def step(name: str, input: str = "BulkChangeStepInput") -> str:
    return f"""mutation ($input: {input}!) {{ {name}(input: $input) {{
      bulkChange {{ id status }} userErrors {{ code field message }}
    }} }}"""


class Client:
    """Somebody who sends mutations, and a worker that does what they ask for."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.jobs = Jobs(register.db, register.catalogue)

    async def send(self, name: str, by: Principal = AUTHOR, **input: Any) -> Any:
        kinds = {"bulkChangeApply": "BulkChangeApplyInput", "bulkChangePlan": "BulkChangePlanInput"}
        source = step(name, kinds.get(name, "BulkChangeStepInput"))
        data = await self.register.data(source, {"input": input}, by=by, session_id=by.id)
        return data[name]

    async def plan(self, by: Principal = AUTHOR, **input: Any) -> str:
        asked = {"companyId": "com_91", "changes": [{"labelSet": {"label": "bulk"}}], **input}
        answer = await self.send("bulkChangePlan", by, **asked)
        assert answer["userErrors"] == []
        await self.work()
        return str(answer["bulkChange"]["id"])

    async def show(self, id: str, by: Principal = AUTHOR, language: Language = Language.EN) -> Any:
        return (await self.register.data(SHOW, {"id": id}, by=by, language=language))["bulkChange"]

    async def apply(self, id: str, by: Principal = AUTHOR, **input: Any) -> Any:
        plan = (await self.show(id, by))["plan"]
        return await self.send("bulkChangeApply", by, id=id, planHash=plan["hash"], **input)

    async def work(self) -> None:
        while await self.jobs.turn():
            pass


@pytest.fixture
async def client(register: Register) -> Client:
    """A company of its own with five numbers, the last one in a department, and people who have just signed in."""
    await register.execute("""
        INSERT INTO companies (id, name, inn, contract_number, region, time_zone, status)
        VALUES (91, 'Bulk', '9100000091', '91', 'Moscow', 'Europe/Moscow', 'ACTIVE')
        ON CONFLICT DO NOTHING
    """)
    await register.execute("""
        INSERT INTO departments (company_id, id, name, ancestor_ids, path) VALUES (91, 91, 'Shop', '{91}', '{Shop}')
        ON CONFLICT DO NOTHING
    """)
    await register.execute("""
        INSERT INTO numbers (company_id, id, msisdn, tariff_id, status, kind, department_id)
        SELECT 91, n, '792691' || n, 1, 'ACTIVE', 'VOICE', CASE WHEN n = 91005 THEN 91 END
        FROM generate_series(91001, 91005) n
        ON CONFLICT (company_id, id) DO UPDATE SET label = NULL
    """)
    await register.execute("""
        INSERT INTO administrators (id, name, language) SELECT id, 'P' || id, 'EN' FROM unnest(ARRAY[91, 92, 93]) id
        ON CONFLICT DO NOTHING
    """)
    await register.execute("""
        INSERT INTO grants (company_id, id, administrator_id, role, department_id)
        VALUES (91, 91, 91, 'owner', NULL), (91, 92, 92, 'owner', NULL), (91, 93, 93, 'manager', 91)
        ON CONFLICT DO NOTHING
    """)
    await register.execute("""
        INSERT INTO sessions (id, administrator_id, token_hash, device, ip, expires_at, stepped_up_at)
        SELECT id, id, id::text::bytea, '', '', now() + interval '1 hour', now() FROM unnest(ARRAY[91, 92, 93]) id
        ON CONFLICT (id) DO UPDATE SET stepped_up_at = now()
    """)
    await register.execute("DELETE FROM approval_thresholds")
    return Client(register)


async def test_a_plan_is_shown_applied_and_followed_to_its_end(client: Client) -> None:
    id = await client.plan(target={"ids": IDS}, comment="Spring")

    planned = await client.show(id)
    assert (await client.apply(id)) == {"bulkChange": {"id": id, "status": "RUNNING"}, "userErrors": []}
    await client.work()
    done = await client.show(id, SECOND)

    assert planned["status"] == "PLANNED"
    assert planned["plan"] == {
        "hash": planned["plan"]["hash"],
        "numberCount": 5,
        "refused": [],
        "oneOff": {"amount": "0.00"},
        "monthly": {"amount": "0.00"},
        "warnings": [],
        "irreversible": [],
    }
    assert planned["items"]["nodes"][0] == {
        "number": {"msisdn": "+79269191001"},
        "state": "PENDING",
        "oneOff": {"amount": "0.00"},
        "error": None,
    }
    assert done["progress"] == {
        "total": 5,
        "applied": 5,
        "failed": 0,
        "skipped": 0,
        "pending": 0,
        "rate": None,
        "estimatedEndAt": None,
    }
    assert (done["status"], done["comment"], done["createdBy"]["name"]) == ("FINISHED", "Spring", "P91")


async def test_items_page_by_phone_number_and_are_told_apart_by_state(client: Client) -> None:
    source = """query ($id: ID!, $after: String, $state: [BulkItemState!]) { bulkChange(id: $id) {
      items(first: 2, after: $after, state: $state) {
        nodes { number { id } error { code } } pageInfo { hasNextPage endCursor } totalCount
      }
    } }"""
    first = await client.plan(target={"ids": IDS[:1]})
    await client.apply(first)
    await client.work()
    id = await client.plan(target={"ids": IDS})
    seen: list[str] = []
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        data = await client.register.data(source, {"id": id, "after": page["endCursor"]}, by=AUTHOR)
        items = data["bulkChange"]["items"]
        seen += [item["number"]["id"] for item in items["nodes"]]
        page = items["pageInfo"]

    refused = await client.register.data(source, {"id": id, "state": ["REFUSED"]}, by=AUTHOR)

    assert (seen, items["totalCount"]) == (IDS, 5)
    assert refused["bulkChange"]["items"]["nodes"] == [{"number": {"id": IDS[0]}, "error": {"code": "ALREADY_DONE"}}]


async def test_a_manager_sees_changes_of_the_department_and_no_others(client: Client) -> None:
    inside = await client.plan(target={"ids": IDS[-1:]}, comment="Shop")
    beyond = await client.plan(target={"filter": {"status": ["ACTIVE"]}})
    listed = """{ company(by: {id: "com_91"}) { bulkChanges(first: 1) { nodes { id comment } } } }"""

    shown = await client.show(inside, MANAGER)
    company = (await client.register.data(listed, {}, by=MANAGER))["company"]

    assert (shown["plan"]["numberCount"], shown["items"]["totalCount"]) == (1, 1)
    assert company == {"bulkChanges": {"nodes": [{"id": inside, "comment": "Shop"}]}}
    for stranger in (MANAGER, FOREIGNER):
        assert (await client.register.ask(SHOW, {"id": beyond}, by=stranger)).data == {"bulkChange": None}
        assert (await client.send("bulkChangeCancel", stranger, id=beyond))["userErrors"][0]["code"] == "NOT_FOUND"
    assert (await client.apply(inside, MANAGER))["bulkChange"]["status"] == "RUNNING"
    await client.work()


async def test_a_change_stands_where_its_author_may_plan_until_its_numbers_are_known(client: Client) -> None:
    ask = """mutation ($input: BulkChangePlanInput!) { bulkChangePlan(input: $input) { bulkChange { id status } } }"""
    change = {"labelSet": {"label": "till"}}
    given = {"companyId": "com_91", "target": {"ids": IDS[-1:]}, "changes": [change]}

    own = await client.register.data(ask, {"input": given}, by=MANAGER)
    theirs = await client.register.data(ask, {"input": given}, by=AUTHOR)

    ids = [each["bulkChangePlan"]["bulkChange"]["id"] for each in (own, theirs)]
    seen = [await client.register.ask(SHOW, {"id": id}, by=MANAGER) for id in ids]
    assert [each.data["bulkChange"] and each.data["bulkChange"]["status"] for each in seen] == ["PLANNING", None]
    await client.work()


async def test_a_second_person_decides_and_nobody_else(client: Client) -> None:
    given = {"companyId": "com_91", "numberCount": 4, "amount": None}
    answer = await client.register.data(LIMIT, {"input": given}, by=AUTHOR, session_id=AUTHOR.id)
    assert answer["approvalThresholdSet"] == {"approvalThreshold": {"numberCount": 4, "amount": None}, "userErrors": []}
    id = await client.plan(target={"ids": IDS})

    alone = await client.send("bulkChangeApprove", AUTHOR, id=id)
    early = await client.apply(id)
    beyond = await client.register.ask(step("bulkChangeApprove"), {"input": {"id": id}}, by=MANAGER)
    approved = await client.send("bulkChangeApprove", SECOND, id=id, comment="Fine")

    assert [answer["userErrors"][0]["code"] for answer in (alone, early)] == ["FORBIDDEN", "CONFLICT"]
    assert "bulk_change:approve" in str(beyond.causes[0])
    assert approved["bulkChange"]["status"] == "PLANNED"
    shown = await client.show(id, language=Language.RU)
    assert shown["approval"] == {
        "reason": "Затронуто номеров: 5; если больше 4, решает второе лицо.",
        "decidedBy": {"name": "P92"},
        "comment": "Fine",
    }
    assert (await client.apply(id))["bulkChange"]["status"] == "RUNNING"


@pytest.mark.parametrize(
    ("limits", "count", "kopecks"), [({"numberCount": 4}, 4, None), ({"amount": "1.50"}, None, "1.50")]
)
async def test_a_limit_that_is_left_out_is_no_limit(
    client: Client, limits: dict[str, object], count: int | None, kopecks: str | None
) -> None:
    await client.register.data(
        LIMIT, {"input": {"companyId": "com_91", "numberCount": 9, "amount": "9"}}, by=AUTHOR, session_id=AUTHOR.id
    )

    answer = await client.register.data(
        LIMIT, {"input": {"companyId": "com_91"} | limits}, by=AUTHOR, session_id=AUTHOR.id
    )

    shown = {"numberCount": count, "amount": kopecks and {"amount": kopecks}}
    assert answer["approvalThresholdSet"] == {"approvalThreshold": shown, "userErrors": []}
    assert await limits_of(client) == shown


async def test_no_limit_at_all_is_said_and_is_null(client: Client) -> None:
    await client.register.data(
        LIMIT, {"input": {"companyId": "com_91", "numberCount": 9}}, by=AUTHOR, session_id=AUTHOR.id
    )

    unsaid = await client.register.data(LIMIT, {"input": {"companyId": "com_91"}}, by=AUTHOR, session_id=AUTHOR.id)
    kept = await limits_of(client)
    both = {"companyId": "com_91", "numberCount": None, "amount": None}
    said = await client.register.data(LIMIT, {"input": both}, by=AUTHOR, session_id=AUTHOR.id)

    refusals = unsaid["approvalThresholdSet"]["userErrors"]
    assert refusals == [{"code": "REQUIRED", "field": ["numberCount"]}]
    assert kept == {"numberCount": 9, "amount": None}
    assert said["approvalThresholdSet"] == {"approvalThreshold": None, "userErrors": []}
    assert await limits_of(client) is None


async def limits_of(client: Client) -> object:
    """As the company shows them, asking for one field or both."""
    source = """{ companies { nodes { approvalThreshold { numberCount amount { amount } } one: approvalThreshold {
      numberCount
    } } } }"""
    [company] = (await client.register.data(source, by=AUTHOR))["companies"]["nodes"]
    assert (company["one"] is None) == (company["approvalThreshold"] is None)
    return company["approvalThreshold"]


async def test_what_matters_wants_a_fresh_proof(client: Client) -> None:
    id = await client.plan(target={"ids": IDS})
    await client.register.execute("UPDATE sessions SET stepped_up_at = now() - interval '16 minutes' WHERE id = 91")

    refused = await client.apply(id)

    assert refused["userErrors"][0]["code"] == "STEP_UP_REQUIRED"
    assert (await client.show(id))["status"] == "PLANNED"


async def test_the_world_that_a_plan_was_made_for_must_be_there(client: Client) -> None:
    id = await client.plan(target={"ids": IDS})
    other_hash = await client.send("bulkChangeApply", id=id, planHash="0" * 64)
    await client.register.execute("UPDATE numbers SET updated_at = now() WHERE id = 91002")

    drifted = await client.apply(id)

    assert [answer["userErrors"][0]["code"] for answer in (other_hash, drifted)] == ["PLAN_DRIFTED"] * 2
    assert drifted["userErrors"][0]["message"] == "1 of its numbers was changed after the plan was made: +79269191002"


async def test_lines_of_the_journal_name_the_change_and_undoing_names_what_it_undoes(client: Client) -> None:
    id = await client.plan(target={"ids": IDS})
    await client.apply(id)
    await client.work()
    undo = (await client.send("bulkChangeUndo", id=id, comment="Too early"))["bulkChange"]["id"]
    await client.work()

    data = await client.register.data(
        """{ company(by: {id: "com_91"}) {
          bulkChanges(first: 1) { nodes { id undoOf { id } } }
          journal(first: 1) { nodes { summary subject { id } bulkChange { id } } }
        }
        number(by: {id: "num_91001"}) { journal(first: 1) { nodes { action bulkChange { id } } } } }""",
        by=AUTHOR,
    )

    assert data["company"]["bulkChanges"]["nodes"] == [{"id": undo, "undoOf": {"id": id}}]
    assert data["company"]["journal"]["nodes"] == [
        {
            "summary": f"Bulk change {undo} asked for: it takes back {id}",
            "subject": {"id": undo},
            "bulkChange": {"id": undo},
        }
    ]
    assert data["number"]["journal"]["nodes"] == [{"action": "label:set", "bulkChange": {"id": id}}]


@pytest.mark.parametrize(
    ("target", "code", "field"),
    [
        ({"segmentId": "x"}, "NOT_AVAILABLE", ["target", "segmentId"]),
        ({"ids": ["com_1"]}, "INVALID", ["target", "ids"]),
        ({"filter": {"msisdnSuffix": "1"}}, "INVALID", ["target", "filter", "msisdnSuffix"]),
        ({"uploadId": "upl_999999"}, "NOT_FOUND", ["target", "uploadId"]),
    ],
)
async def test_a_target_that_cannot_be_is_refused_where_it_stands(
    client: Client, target: dict[str, Any], code: str, field: list[str]
) -> None:
    answer = await client.send(
        "bulkChangePlan", companyId="com_91", target=target, changes=[{"labelSet": {"label": "x"}}]
    )

    assert answer["bulkChange"] is None
    assert [(error["code"], error["field"]) for error in answer["userErrors"]] == [(code, field)]


async def test_a_change_of_a_change_is_refused_where_it_stands(client: Client) -> None:
    changes = [{"labelSet": {"label": "x"}}, {"optionConnect": {"optionId": "tar_1"}}]

    answer = await client.send("bulkChangePlan", companyId="com_91", target={"ids": IDS}, changes=changes)

    assert answer["userErrors"][0]["field"] == ["changes", "1", "optionConnect", "optionId"]
