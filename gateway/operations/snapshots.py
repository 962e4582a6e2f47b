"""A number's state as JSON in the schema's words: what the journal keeps of before and after."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from gateway.kit.ids import Kind, encode
from gateway.operations.state import Banned, Connected, Forwarded, Limited, NumberState

Json: TypeAlias = dict[str, Any]


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _same(value: Any) -> Any:
    return value


def _id(kind: Kind) -> Callable[[int | None], str | None]:
    return lambda id: None if id is None else encode(kind, id)


def _options(options: Mapping[int, Connected]) -> list[Json]:
    return [
        {
            "optionId": encode(Kind.OPTION, option_id),
            "connectedAt": _moment(connected.connected_at),
            "promoEndsAt": _moment(connected.promo_ends_at),
            "disconnectsAt": _moment(connected.disconnects_at),
        }
        for option_id, connected in sorted(options.items())
    ]


def _forwardings(forwardings: Mapping[str, Forwarded]) -> list[Json]:
    return [
        {"condition": condition, "target": forwarded.target, "until": _moment(forwarded.until)}
        for condition, forwarded in sorted(forwardings.items())
    ]


def _bans(bans: Mapping[str, Banned]) -> list[Json]:
    return [{"kind": kind, "since": _moment(banned.since)} for kind, banned in sorted(bans.items())]


def _limit(limit: Limited | None) -> Json | None:
    return limit and {"amountKopecks": limit.amount_kopecks, "rule": limit.rule}


_PARTS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("iccid", "iccid", _same),
    ("simKind", "sim_kind", _same),
    ("status", "status", _same),
    ("blockReason", "block_reason", _same),
    ("blockedUntil", "blocked_until", _moment),
    ("label", "label", _same),
    ("employeeId", "employee_id", _id(Kind.EMPLOYEE)),
    ("departmentId", "department_id", _id(Kind.DEPARTMENT)),
    ("tariffId", "tariff_id", _id(Kind.TARIFF)),
    ("options", "options", _options),
    ("forwardings", "forwardings", _forwardings),
    ("bans", "bans", _bans),
    ("spendingLimit", "limit", _limit),
)
"""The key of each part, the attribute that it is made of, and how."""


def snapshot(state: NumberState) -> Json:
    """Everything that operations change. Ids are global, moments RFC 3339 in UTC, money in kopecks, lists sorted."""
    return {key: part(getattr(state, attribute)) for key, attribute, part in _PARTS}


def difference(before: NumberState, after: NumberState) -> tuple[Json, Json]:
    """Both snapshots without what is the same in them, which is not made."""
    old: Json = {}
    new: Json = {}
    for key, attribute, part in _PARTS:
        if getattr(before, attribute) != getattr(after, attribute):
            was, becomes = part(getattr(before, attribute)), part(getattr(after, attribute))
            if was != becomes:
                old[key], new[key] = was, becomes
    return old, new
