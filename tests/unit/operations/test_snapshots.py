"""States as the journal keeps them."""

import json
from datetime import UTC, datetime, timedelta, timezone

from gateway.operations.snapshots import difference, snapshot
from gateway.operations.state import Banned, Connected, Forwarded, Limited
from tests.unit.operations.catalogues import PLAIN, PROMO, number

AT = datetime(2026, 3, 31, 3, tzinfo=timezone(timedelta(hours=3)))


def test_a_snapshot_speaks_the_words_of_the_schema() -> None:
    state = number(
        label="Reception",
        employee_id=3,
        department_id=4,
        options={PROMO: Connected(AT, AT + timedelta(days=1), 9, AT + timedelta(hours=21), 8), PLAIN: Connected(AT)},
        forwardings={"BUSY": Forwarded("79260000000", AT)},
        bans={"DATA": Banned(AT)},
        limit=Limited(50_000, "STOP"),
        iccid="897010000000000001",
        sim_kind="ESIM",
    )

    assert json.loads(json.dumps(snapshot(state))) == {
        "iccid": "897010000000000001",
        "simKind": "ESIM",
        "status": "ACTIVE",
        "blockReason": None,
        "blockedUntil": None,
        "label": "Reception",
        "employeeId": "emp_3",
        "departmentId": "dep_4",
        "tariffId": "tar_1",
        "options": [
            {
                "optionId": "opt_11",
                "connectedAt": "2026-03-31T00:00:00+00:00",
                "promoEndsAt": None,
                "disconnectsAt": None,
            },
            {
                "optionId": "opt_12",
                "connectedAt": "2026-03-31T00:00:00+00:00",
                "promoEndsAt": "2026-04-01T00:00:00+00:00",
                "disconnectsAt": "2026-03-31T21:00:00+00:00",
            },
        ],
        "forwardings": [{"condition": "BUSY", "target": "79260000000", "until": "2026-03-31T00:00:00+00:00"}],
        "bans": [{"kind": "DATA", "since": "2026-03-31T00:00:00+00:00"}],
        "spendingLimit": {"amountKopecks": 50_000, "rule": "STOP"},
    }


def test_a_difference_leaves_out_what_is_the_same() -> None:
    before = number(PLAIN, label="Old", employee_id=3)
    after = number(PLAIN, label=None, employee_id=3, limit=Limited(100, "NOTIFY"))

    assert difference(before, after) == (
        {"label": "Old", "spendingLimit": None},
        {"label": None, "spendingLimit": {"amountKopecks": 100, "rule": "NOTIFY"}},
    )


def test_which_line_connected_an_option_is_no_difference() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    before, after = number(options={1: Connected(moment)}), number(options={1: Connected(moment, None, 5)})

    assert difference(before, after) == ({}, {})
