"""The catalogue as clients read it: tariffs, options, what is connected, what could be."""

import pytest

from gateway.kit.texts import Language
from tests.factories.register import OWNER, Register


async def test_tariffs_with_prices_and_packages(register: Register) -> None:
    data = await register.data(
        """{ tariffs { totalCount nodes {
          id code name description region fee { amount currency } feePeriod monthlyFee { amount }
          packages { unit amount } archived
        } } }"""
    )

    tariffs = data["tariffs"]
    assert [(each["code"], each["feePeriod"], each["monthlyFee"]["amount"]) for each in tariffs["nodes"]] == [
        ("DAY", "DAILY", "304.38"),
        ("MONTH", "MONTHLY", "500.00"),
        ("NORTHERN", "MONTHLY", "200.00"),
        ("MACHINES", "MONTHLY", "50.00"),
    ]
    assert tariffs["totalCount"] == 4
    assert tariffs["nodes"][1] == {
        "id": "tar_2",
        "code": "MONTH",
        "name": "Месячный",
        "description": "Calls by the month",
        "region": None,
        "fee": {"amount": "500.00", "currency": "RUB"},
        "feePeriod": "MONTHLY",
        "monthlyFee": {"amount": "500.00"},
        "packages": [{"unit": "SECONDS", "amount": 3600}, {"unit": "BYTES", "amount": None}],
        "archived": False,
    }


@pytest.mark.parametrize(
    ("filter", "codes"),
    [
        ("{includeArchived: true}", ["DAY", "MONTH", "OLD", "NORTHERN", "MACHINES"]),
        ("{includeArchived: null}", ["DAY", "MONTH", "NORTHERN", "MACHINES"]),
        ('{search: "calls ДНЕВН"}', []),
        ('{search: "CALLS месяч"}', ["MONTH"]),
        ('{region: "Karelia"}', ["DAY", "MONTH", "NORTHERN", "MACHINES"]),
        ('{region: "Moscow"}', ["DAY", "MONTH", "MACHINES"]),
    ],
)
async def test_tariffs_by_filter(register: Register, filter: str, codes: list[str]) -> None:
    data = await register.data(f"{{ tariffs(filter: {filter}) {{ nodes {{ code }} }} }}")

    assert [each["code"] for each in data["tariffs"]["nodes"]] == codes


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        ("", ["NET_10", "NET_50", "WORLD", "SMS_100"]),
        ("(theme: INTERNET)", ["NET_10", "NET_50"]),
        ('(theme: INTERNET, search: "50 gb")', ["NET_50"]),
        ("(theme: CALLS)", []),
        ("(first: 2)", ["NET_10", "NET_50"]),
    ],
)
async def test_options_on_sale(register: Register, arguments: str, codes: list[str]) -> None:
    data = await register.data(f"{{ options{arguments} {{ nodes {{ code }} }} }}")

    assert [each["code"] for each in data["options"]["nodes"]] == codes


async def test_the_catalogue_is_paged_without_a_statement(register: Register) -> None:
    source = "query ($after: String) { tariffs(first: 3, after: $after) { edges { cursor node { code } } } }"

    first = await register.data(source)
    second = await register.data(source, {"after": first["tariffs"]["edges"][-1]["cursor"]})

    assert [edge["node"]["code"] for edge in second["tariffs"]["edges"]] == ["MACHINES"]
    assert register.db.statements == []


async def test_an_option_with_its_rules(register: Register) -> None:
    data = await register.data(
        """{ nodes(ids: ["opt_2", "opt_1", "opt_3", "opt_5"]) { ... on Option {
          code theme connectionFee { amount } fee { amount } feePeriod promoDays requires { code } excludes { code }
        } } }"""
    )

    assert [each["code"] for each in data["nodes"]] == ["NET_50", "NET_10", "WORLD", "GONE"]
    assert data["nodes"][0] == {
        "code": "NET_50",
        "theme": "INTERNET",
        "connectionFee": {"amount": "50.00"},
        "fee": {"amount": "400.00"},
        "feePeriod": "MONTHLY",
        "promoDays": 30,
        "requires": [],
        "excludes": [{"code": "NET_10"}],
    }
    assert data["nodes"][1]["excludes"] == [{"code": "NET_50"}]
    assert data["nodes"][2]["requires"] == [{"code": "SMS_100"}]


async def test_connected_options_tell_when_and_at_what_price(register: Register) -> None:
    data = await register.data(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Number { options {
          option { code } connectedAt promoEndsAt fee { amount } feeAfterPromo { amount }
          origin { id action actor { name administrator { email } } }
        } } } }""",
        {"ids": ["num_5", "num_7", "num_6"]},
    )

    in_promotion, after_promotion, two = (node["options"] for node in data["nodes"])
    assert in_promotion == [
        {
            "option": {"code": "NET_50"},
            "connectedAt": "2025-02-01T00:00:00+00:00",
            "promoEndsAt": "2125-01-01T00:00:00+00:00",
            "fee": {"amount": "0.00"},
            "feeAfterPromo": {"amount": "400.00"},
            "origin": None,
        }
    ]
    assert (after_promotion[0]["promoEndsAt"], after_promotion[0]["fee"]) == (None, {"amount": "400.00"})
    assert [each["option"]["code"] for each in two] == ["NET_10", "SMS_100"]
    assert two[0]["origin"] == {
        "id": "jrn_1",
        "action": "option:connect",
        "actor": {"name": "Owner then", "administrator": {"email": "owner@alpha.example"}},
    }


async def test_catalogue_entries_of_numbers_take_no_statement_of_their_own(register: Register) -> None:
    await register.data(
        """{ company(by: {id: "com_1"}) { numbers { nodes {
          tariff { name fee { amount } } options { option { name fee { amount } } }
          availableTariffs { nodes { tariff { name } } } availableOptions { nodes { name } }
        } } } }"""
    )

    assert len([sql for sql in register.db.statements if "FROM numbers" in sql]) == 1
    assert "FROM numbers" in register.db.statements[-1]


AVAILABLE = """query ($id: ID!) { number(by: {id: $id}) {
  tariff { code } options { option { code } }
  availableTariffs { totalCount nodes { tariff { code } switchFee { amount } losesOptions { code } } }
  availableOptions { nodes { code } } internet: availableOptions(theme: INTERNET, first: 1) { nodes { code } }
} }"""


async def test_a_number_may_choose_what_its_state_its_tariff_and_its_options_allow(register: Register) -> None:
    phone = (await register.data(AVAILABLE, {"id": "num_15"}))["number"]
    machine = (await register.data(AVAILABLE, {"id": "num_20"}))["number"]
    blocked = (await register.data(AVAILABLE, {"id": "num_1"}))["number"]

    assert phone == {
        "tariff": {"code": "DAY"},
        "options": [{"option": {"code": "SMS_100"}}],
        "availableTariffs": {
            "totalCount": 1,
            "nodes": [{"tariff": {"code": "MONTH"}, "switchFee": {"amount": "100.00"}, "losesOptions": []}],
        },
        "availableOptions": {"nodes": [{"code": "NET_10"}, {"code": "NET_50"}]},
        "internet": {"nodes": [{"code": "NET_10"}]},
    }
    assert [each["tariff"]["code"] for each in machine["availableTariffs"]["nodes"]] == ["DAY", "MONTH", "MACHINES"]
    assert (machine["availableOptions"], machine["internet"]) == ({"nodes": [{"code": "SMS_100"}]}, {"nodes": []})
    assert blocked["availableOptions"] == {"nodes": []}


async def test_too_long_a_search_is_refused(register: Register) -> None:
    answer = await register.ask("query ($s: String) { options(search: $s) { totalCount } }", {"s": "x" * 201}, by=OWNER)

    (refusal,) = answer.causes
    assert refusal.field == ("search",)
    assert refusal.message.render(Language.EN) == "The search is longer than 200 characters. Fewer words find more."
