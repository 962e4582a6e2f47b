"""Enums of rooms that know no GraphQL as enums of the schema.

Imported before any other module of the schema: a type that is built over an enum takes its descriptions along.
"""

from enum import Enum
from typing import TypeVar

import strawberry

from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from gateway.models.applications import ApplicationStatus
from gateway.models.bulk_changes import BulkChangeStatus, BulkErrorPolicy, BulkItemState
from gateway.models.catalogue import AllowanceUnit, FeePeriod, OptionTheme
from gateway.models.changes import NumberChangeStatus
from gateway.models.companies import CompanyStatus
from gateway.models.credentials import SecondFactorKind
from gateway.models.journal import Channel
from gateway.models.numbers import (
    BlockReason,
    ForwardingCondition,
    LimitRule,
    NumberKind,
    NumberStatus,
    ServiceKind,
    SimKind,
)
from gateway.reports.tables import TableFormat

E = TypeVar("E", bound=type[Enum])


def describe(enum: E, description: str, *, name: str | None = None, **values: str) -> E:
    """Makes an enum one of the schema, with a description for it and each member; `name` differs from its own."""
    strawberry.enum(enum, name=name, description=description)
    definition = enum.__strawberry_definition__  # type: ignore[attr-defined]  # set by the line above
    for value in definition.values:
        value.description = values.pop(value.name)
    if values:
        raise TypeError(f"{enum.__name__} has no {sorted(values)}")
    return enum


describe(
    ErrorCode,
    "Codes of UserError. New ones may be added.",
    INVALID="A value has the wrong form.",
    REQUIRED="A value is missing.",
    TOO_LARGE="Too many, too long or too large.",
    NOT_FOUND="The object does not exist, or not for the caller.",
    FORBIDDEN="The caller's roles do not allow it.",
    STEP_UP_REQUIRED="A fresh second factor is needed.",
    BAD_CREDENTIALS="Log-in or password is wrong.",
    LOCKED="Too many wrong tries.",
    BAD_CODE="A code is wrong, used or expired.",
    ALREADY_DONE="Already in that state.",
    CONFLICT="Contradicts another setting, option or pending change.",
    NOT_AVAILABLE="Not offered for this tariff, region, kind of number or status.",
    INSUFFICIENT_FUNDS="The account's money does not suffice.",
    PRICE_CHANGED="The price is no longer the one that was expected.",
    PLAN_DRIFTED="The plan no longer fits the numbers it was made for.",
    IDEMPOTENCY_MISMATCH="The idempotency key was used with another input.",
    UPSTREAM_REFUSED="The operator's systems refused.",
    INTERNAL="The gateway failed at it; a fault of ours.",
    name="UserErrorCode",
)
describe(Language, "The language of messages.", EN="English.", RU="Russian.")
describe(
    CompanyStatus,
    "State of a company's contract.",
    ACTIVE="In service.",
    SUSPENDED="Service stopped for debt or by request.",
    CLOSED="Contract ended.",
)
describe(NumberKind, "What a number is used in.", VOICE="Phone.", MODEM="Modem or tablet.", IOT="Machine.")
describe(
    NumberStatus,
    "State of a number.",
    ACTIVE="In service.",
    BLOCKED="Blocked by the customer.",
    SUSPENDED="Stopped by the operator.",
    DORMANT="Blocked after 90 days without a charge.",
    CLOSED="Given back.",
)
describe(
    ForwardingCondition,
    "When calls are forwarded.",
    ALWAYS="Always.",
    BUSY="When busy.",
    NO_ANSWER="When not answered.",
    UNREACHABLE="When out of reach.",
)
describe(
    BlockReason,
    "Why a number is blocked.",
    VOLUNTARY="By request.",
    LOST="Phone or SIM lost.",
    EMPLOYEE_LEFT="The employee left.",
)
describe(SimKind, "Kinds of SIM.", PHYSICAL="Plastic card.", ESIM="Profile in the device.")
describe(
    ServiceKind,
    "Kinds of communication that can be banned.",
    INTERNATIONAL_CALLS="Calls abroad.",
    ROAMING="Everything abroad.",
    PREMIUM_SMS="Paid short numbers.",
    CONTENT="Content subscriptions.",
    DATA="Mobile data.",
)
describe(
    LimitRule,
    "What happens beyond a spending limit.",
    STOP="Paid services stop.",
    EMPLOYEE_PAYS="The employee's own account pays.",
    NOTIFY="Only a notice.",
)
describe(FeePeriod, "How often a fee is taken.", DAILY="Every day.", MONTHLY="Every month.")
describe(
    AllowanceUnit,
    "What allowances count.",
    SECONDS="Seconds of calls.",
    SMS="Text messages.",
    MMS="Multimedia messages.",
    BYTES="Bytes of data.",
)
describe(
    OptionTheme,
    "Theme of an option.",
    INTERNET="Internet.",
    CALLS="Calls.",
    ROAMING="Roaming.",
    MESSAGES="Messages.",
    ADDITIONAL="Additional services.",
)
describe(
    Channel,
    "Through what something was done.",
    API="GraphQL with a key.",
    PORTAL="The portal or GraphiQL.",
    USSD="USSD menu.",
    SMS="Text message.",
    IVR="Voice menu.",
    OFFICE="An office of the operator.",
    SYSTEM="The system itself.",
)
describe(
    BulkErrorPolicy,
    "What happens when some items can't be done.",
    SKIP_FAILED="The others go on.",
    REJECT_ALL="Nothing is done at all.",
)
describe(
    TableFormat,
    "What a file with a table is.",
    JSONL="A JSON object in each line.",
    CSV="Text for spreadsheets, in UTF-8.",
    XLSX="A workbook of Excel.",
)
describe(
    BulkChangeStatus,
    "State of a bulk change.",
    PLANNING="The plan is being made.",
    PLANNED="Planned; can be applied.",
    AWAITING_APPROVAL="Waits for a second person.",
    REJECTED="Refused by the second person.",
    SCHEDULED="Waits for its time.",
    RUNNING="Running.",
    PAUSED="Held.",
    CANCELLING="Stopping.",
    CANCELLED="Stopped before its end.",
    FINISHED="All items ended.",
    FAILED="The plan could not be made.",
)
describe(
    BulkItemState,
    "State of an item.",
    REFUSED="Planned, will be refused.",
    PENDING="Planned.",
    SENT="Sent to the operator's systems.",
    APPLIED="Done.",
    FAILED="Failed.",
    SKIPPED="Not reached before the end.",
)
describe(
    ApplicationStatus,
    "State of an application for access.",
    SUBMITTED="Waits for the operator's staff.",
    IN_REVIEW="The staff checks it.",
    APPROVED="The cabinet is open.",
    REJECTED="Refused, with a reason.",
    name="AccessApplicationStatus",
)
describe(
    NumberChangeStatus,
    "State of a change.",
    PENDING="Waits for the operator's systems.",
    APPLIED="Done.",
    FAILED="Refused or failed; nothing changed.",
)
describe(SecondFactorKind, "Kinds of second factor.", TOTP="Authenticator app.", PASSKEY="Passkey.")
