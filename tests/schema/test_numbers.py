"""Numbers: every field, every way to find one, and every filter of a list."""

from tests.factories.register import Register


async def test_a_number_with_everything_that_hangs_on_it(register: Register) -> None:
    data = await register.data(
        """{ number(by: {id: "num_1"}) {
          id msisdn iccid kind status label activatedAt lastChargedAt dormantAt updatedAt
          company { name } employee { name } department { name path } tariff { code }
          options { option { code } } forwardings { condition target until } bans { kind since }
          spendingLimit { amount { amount currency } rule spent { amount } }
          journal { nodes { summary } }
        } }"""
    )

    assert data["number"] == {
        "id": "num_1",
        "msisdn": "+79260000001",
        "iccid": "897010000000000001",
        "kind": "MODEM",
        "status": "BLOCKED",
        "label": None,
        "activatedAt": "2024-01-02T00:00:00+00:00",
        "lastChargedAt": None,
        "dormantAt": "2024-04-01T00:00:00+00:00",
        "updatedAt": "2025-06-01T01:00:00+00:00",
        "company": {"name": "ООО «Альфа Ёлки»"},
        "employee": {"name": "Ёжикова Анна"},
        "department": {"name": "Sales", "path": ["Sales"]},
        "tariff": {"code": "MONTH"},
        "options": [{"option": {"code": "NET_10"}}],
        "forwardings": [
            {"condition": "ALWAYS", "target": "+79260000009", "until": None},
            {"condition": "BUSY", "target": "+79261234567", "until": "2126-01-01T00:00:00+00:00"},
        ],
        "bans": [{"kind": "ROAMING", "since": "2025-01-01T00:00:00+00:00"}],
        "spendingLimit": {
            "amount": {"amount": "1500.50", "currency": "RUB"},
            "rule": "STOP",
            "spent": {"amount": "10.05"},
        },
        "journal": {"nodes": [{"summary": "Option “Интернет 10” connected to +792600001"}]},
    }
