"""A number's state as JSON in the schema's words: what the journal keeps of before and after."""

from datetime import UTC, datetime
from typing import Any, TypeAlias

from gateway.kit.ids import Kind, encode
from gateway.operations.state import NumberState

Json: TypeAlias = dict[str, Any]


def snapshot(state: NumberState) -> Json:
    """Everything that operations change. Ids are global, moments RFC 3339 in UTC, money in kopecks, lists sorted."""
    return {
        "iccid": state.iccid,
        "simKind": state.sim_kind,
        "status": state.status,
        "blockReason": state.block_reason,
        "blockedUntil": _moment(state.blocked_until),
        "label": state.label,
        "employeeId": state.employee_id and encode(Kind.EMPLOYEE, state.employee_id),
        "departmentId": state.department_id and encode(Kind.DEPARTMENT, state.department_id),
        "tariffId": encode(Kind.TARIFF, state.tariff_id),
        "options": [
            {
                "optionId": encode(Kind.OPTION, option_id),
                "connectedAt": _moment(connected.connected_at),
                "promoEndsAt": _moment(connected.promo_ends_at),
            }
            for option_id, connected in sorted(state.options.items())
        ],
        "forwardings": [
            {"condition": condition, "target": forwarded.target, "until": _moment(forwarded.until)}
            for condition, forwarded in sorted(state.forwardings.items())
        ],
        "bans": [{"kind": kind, "since": _moment(banned.since)} for kind, banned in sorted(state.bans.items())],
        "spendingLimit": state.limit and {"amountKopecks": state.limit.amount_kopecks, "rule": state.limit.rule},
    }


def difference(before: NumberState, after: NumberState) -> tuple[Json, Json]:
    """Both snapshots without what is the same in them."""
    old, new = snapshot(before), snapshot(after)
    changed = [key for key in old if old[key] != new[key]]
    return {key: old[key] for key in changed}, {key: new[key] for key in changed}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
