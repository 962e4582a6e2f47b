"""Phone numbers with their SIM cards, and what is set on them."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, Computed, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from gateway.models.columns import CompanyRow, moment, one_of, ordered_text


class NumberKind(StrEnum):
    VOICE = "VOICE"
    MODEM = "MODEM"
    IOT = "IOT"


class NumberStatus(StrEnum):
    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"
    SUSPENDED = "SUSPENDED"
    DORMANT = "DORMANT"
    CLOSED = "CLOSED"


DORMANT_AFTER = timedelta(days=90)
"""A number without a charge for so long is blocked."""


class ForwardingCondition(StrEnum):
    ALWAYS = "ALWAYS"
    BUSY = "BUSY"
    NO_ANSWER = "NO_ANSWER"
    UNREACHABLE = "UNREACHABLE"


class ServiceKind(StrEnum):
    INTERNATIONAL_CALLS = "INTERNATIONAL_CALLS"
    ROAMING = "ROAMING"
    PREMIUM_SMS = "PREMIUM_SMS"
    CONTENT = "CONTENT"
    DATA = "DATA"


class LimitRule(StrEnum):
    STOP = "STOP"
    EMPLOYEE_PAYS = "EMPLOYEE_PAYS"
    NOTIFY = "NOTIFY"


class SimKind(StrEnum):
    PHYSICAL = "PHYSICAL"
    ESIM = "ESIM"


class BlockReason(StrEnum):
    VOLUNTARY = "VOLUNTARY"
    LOST = "LOST"
    EMPLOYEE_LEFT = "EMPLOYEE_LEFT"


class Number(CompanyRow, table=True):
    """A corporate number. `block_reason` and `blocked_until`, when the block ends by itself, are of a BLOCKED one.

    The database keeps `employee_key`, the folded name of its employee to order by, `search_text`, what a search looks
    through, and `msisdn_reversed` for a search by the last digits.
    """

    __tablename__ = "numbers"
    __table_args__ = (
        one_of(NumberKind, "kind"),
        one_of(NumberStatus, "status"),
        one_of(BlockReason, "block_reason"),
        one_of(SimKind, "sim_kind"),
        ForeignKeyConstraint(["company_id", "employee_id"], ["employees.company_id", "employees.id"]),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        Index("numbers_msisdn", "company_id", "msisdn", "id"),
        Index("numbers_msisdn_live", "msisdn", unique=True, postgresql_where=text("status <> 'CLOSED'")),
        Index("numbers_iccid", "company_id", "iccid"),
        Index("numbers_iccid_live", "iccid", postgresql_where=text("status <> 'CLOSED'")),
        Index("numbers_blocked_until", "blocked_until", postgresql_where=text("blocked_until IS NOT NULL")),
        Index("numbers_msisdn_reversed", "company_id", "msisdn_reversed"),
        Index("numbers_employee_key", "company_id", "employee_key", "id"),
        Index("numbers_label", "company_id", text("coalesce(label, '')"), "id"),
        Index("numbers_activated_at", "company_id", "activated_at", "id"),
        Index("numbers_updated_at", "company_id", "updated_at", "id"),
        Index("numbers_employee", "company_id", "employee_id"),
        Index("numbers_department", "company_id", "department_id", "msisdn", "id"),
        Index("numbers_tariff", "company_id", "tariff_id", "msisdn", "id"),
    )

    msisdn: str = Field(sa_type=ordered_text())
    iccid: str | None = Field(default=None, sa_type=ordered_text())
    sim_kind: str = Field(default=SimKind.PHYSICAL, sa_column_kwargs={"server_default": text("'PHYSICAL'")})
    kind: str = NumberKind.VOICE
    status: str = NumberStatus.ACTIVE
    block_reason: str | None = None
    blocked_until: datetime | None = moment(nullable=True)
    label: str | None = Field(default=None, sa_type=ordered_text())
    employee_id: int | None = Field(default=None, sa_type=BigInteger)
    department_id: int | None = Field(default=None, sa_type=BigInteger)
    tariff_id: int = Field(sa_type=BigInteger, foreign_key="tariffs.id")
    activated_at: datetime = moment(default_now=True)
    last_charged_at: datetime | None = moment(nullable=True)
    updated_at: datetime = moment(default_now=True)
    employee_key: str = Field(default="", sa_type=ordered_text(), sa_column_kwargs={"server_default": text("''")})
    search_text: str | None = Field(
        default=None,
        sa_type=ordered_text(),
        sa_column_args=(Computed("employee_key || ' ' || fold(coalesce(label, '')) || ' ' || msisdn", persisted=True),),
    )
    msisdn_reversed: str | None = Field(
        default=None, sa_type=ordered_text(), sa_column_args=(Computed("reverse(msisdn)", persisted=True),)
    )


class NumberSetting(SQLModel):
    """What every setting of a number has in its key."""

    company_id: int = Field(primary_key=True, sa_type=BigInteger)
    number_id: int = Field(primary_key=True, sa_type=BigInteger)


def of_number() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["company_id", "number_id"], ["numbers.company_id", "numbers.id"], ondelete="CASCADE")


class ConnectedOption(NumberSetting, table=True):
    """An option of a number, free of its fee until `promo_ends_at`; `journal_id` is the line that connected it.

    It is disconnected by itself at `disconnects_at`; `guard_journal_id` is the line that asked for that.
    """

    __tablename__ = "connected_options"
    __table_args__ = (
        of_number(),
        Index("connected_options_option", "company_id", "option_id", "number_id"),
        Index(
            "connected_options_promo",
            *("company_id", "promo_ends_at"),
            postgresql_where=text("promo_ends_at IS NOT NULL"),
        ),
        Index(
            "connected_options_disconnects_at",
            "disconnects_at",
            postgresql_where=text("disconnects_at IS NOT NULL"),
        ),
    )

    option_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="options.id")
    connected_at: datetime = moment(default_now=True)
    promo_ends_at: datetime | None = moment(nullable=True)
    journal_id: int | None = Field(default=None, sa_type=BigInteger)
    disconnects_at: datetime | None = moment(nullable=True)
    guard_journal_id: int | None = Field(default=None, sa_type=BigInteger)


class UsedPromotion(NumberSetting, table=True):
    """A promotion that a number has had and given up: it is not given again."""

    __tablename__ = "used_promotions"
    __table_args__ = (of_number(),)

    option_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="options.id")


class Forwarding(NumberSetting, table=True):
    """A call forwarding; ends by itself at `until`."""

    __tablename__ = "forwardings"
    __table_args__ = (
        of_number(),
        one_of(ForwardingCondition, "condition"),
        Index("forwardings_until", "until", postgresql_where=text("until IS NOT NULL")),
    )

    condition: str = Field(primary_key=True)
    target: str
    until: datetime | None = moment(nullable=True)


class ServiceBan(NumberSetting, table=True):
    """A banned kind of communication."""

    __tablename__ = "service_bans"
    __table_args__ = (of_number(), one_of(ServiceKind, "kind"))

    kind: str = Field(primary_key=True)
    since: datetime = moment(default_now=True)


class SpendingLimit(NumberSetting, table=True):
    """How much the company pays for a number in a month, kopecks, and what happens beyond.

    Without an amount there is no limit now, but what was spent this month counts for the next one.
    """

    __tablename__ = "spending_limits"
    __table_args__ = (of_number(), one_of(LimitRule, "rule"))

    amount_kopecks: int | None = Field(default=None, sa_type=BigInteger)
    rule: str = LimitRule.NOTIFY
    spent_kopecks: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
