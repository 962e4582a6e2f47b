"""The operator's catalogue: tariffs and options with effective-dated prices and the rules between them, as data."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ARRAY, BigInteger, Identity, Index, String, text
from sqlmodel import Field, SQLModel

from gateway.models.columns import one_of


class FeePeriod(StrEnum):
    DAILY = "DAILY"
    MONTHLY = "MONTHLY"


class AllowanceUnit(StrEnum):
    SECONDS = "SECONDS"
    SMS = "SMS"
    MMS = "MMS"
    BYTES = "BYTES"


class OptionTheme(StrEnum):
    INTERNET = "INTERNET"
    CALLS = "CALLS"
    ROAMING = "ROAMING"
    MESSAGES = "MESSAGES"
    ADDITIONAL = "ADDITIONAL"


class OptionRuleKind(StrEnum):
    REQUIRES = "REQUIRES"
    EXCLUDES = "EXCLUDES"
    ONLY_FOR_TARIFF = "ONLY_FOR_TARIFF"


class CatalogueItem(SQLModel):
    """What tariffs and options share. `region` null means everywhere, empty `kinds` every kind of number."""

    id: int = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(),))
    code: str = Field(unique=True)
    name: str
    description: str
    region: str | None = None
    kinds: list[str] = Field(default=[], sa_type=ARRAY(String), sa_column_kwargs={"server_default": text("'{}'")})
    fee_period: str = FeePeriod.MONTHLY
    archived: bool = False


class Tariff(CatalogueItem, table=True):
    """A tariff; `switch_fee_kopecks` is the one-off price of changing to it where no pair has a price of its own."""

    __tablename__ = "tariffs"
    __table_args__ = (one_of(FeePeriod, "fee_period"),)

    switch_fee_kopecks: int = Field(default=0, sa_type=BigInteger)


class TariffPrice(SQLModel, table=True):
    """The fee of one period from a day on, kopecks."""

    __tablename__ = "tariff_prices"

    tariff_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="tariffs.id")
    valid_from: date = Field(primary_key=True)
    fee_kopecks: int = Field(sa_type=BigInteger)


class TariffPackage(SQLModel, table=True):
    """A quantity that a tariff's fee includes; null is unlimited."""

    __tablename__ = "tariff_packages"
    __table_args__ = (one_of(AllowanceUnit, "unit"),)

    tariff_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="tariffs.id")
    unit: str = Field(primary_key=True)
    amount: int | None = Field(default=None, sa_type=BigInteger)


class TariffSwitchFee(SQLModel, table=True):
    """The one-off price of changing between two tariffs, kopecks."""

    __tablename__ = "tariff_switch_fees"

    from_tariff_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="tariffs.id")
    to_tariff_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="tariffs.id")
    fee_kopecks: int = Field(sa_type=BigInteger)


class Option(CatalogueItem, table=True):
    """An option; with `promo_days` its fee is waived for so many days after connecting.

    `services` are the kinds of communication without which it is of no use, as in `ServiceKind`.
    """

    __tablename__ = "options"
    __table_args__ = (one_of(FeePeriod, "fee_period"), one_of(OptionTheme, "theme"))

    theme: str
    promo_days: int | None = None
    services: list[str] = Field(default=[], sa_type=ARRAY(String), sa_column_kwargs={"server_default": text("'{}'")})


class OptionPrice(SQLModel, table=True):
    """Both fees of an option from a day on, kopecks."""

    __tablename__ = "option_prices"

    option_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="options.id")
    valid_from: date = Field(primary_key=True)
    connection_fee_kopecks: int = Field(sa_type=BigInteger)
    fee_kopecks: int = Field(sa_type=BigInteger)


class OptionRule(SQLModel, table=True):
    """An option requires or excludes another one, or is sold with some tariffs only. Exclusion goes both ways."""

    __tablename__ = "option_rules"
    __table_args__ = (one_of(OptionRuleKind, "kind"), Index("option_rules_option", "option_id"))

    id: int = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(),))
    option_id: int = Field(sa_type=BigInteger, foreign_key="options.id")
    kind: str
    other_option_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="options.id")
    tariff_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="tariffs.id")
