"""How administrators prove to be themselves beside a password: one-time codes, known browsers, second factors."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Identity, Index, LargeBinary
from sqlmodel import Field, SQLModel

from gateway.models.columns import moment, one_of


class SecondFactorKind(StrEnum):
    TOTP = "TOTP"
    PASSKEY = "PASSKEY"


class Tries(SQLModel, table=True):
    """How often something was tried within a time that ends at `until`; the bucket is a digest of what and by whom."""

    __tablename__ = "tries"
    __table_args__ = (Index("tries_until", "until"),)

    bucket: bytes = Field(primary_key=True, sa_type=LargeBinary)
    count: int
    until: datetime = moment()


class LoginCode(SQLModel, table=True):
    """A one-time code that was sent and not yet used; one for each known browser, and one for all unknown ones.

    `device_hash` is empty for the unknown ones. Only a digest of the code is kept.
    """

    __tablename__ = "login_codes"

    administrator_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="administrators.id")
    device_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    code_hash: bytes = Field(sa_type=LargeBinary)
    expires_at: datetime = moment()
    tries: int


class KnownDevice(SQLModel, table=True):
    """A browser in which an administrator once signed in; only the SHA-256 of its cookie is kept."""

    __tablename__ = "known_devices"

    administrator_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="administrators.id")
    device_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    last_used_at: datetime = moment()


class SecondFactor(SQLModel, table=True):
    """An authenticator app or a passkey. An app counts from its first right code on.

    App: its sealed secret and the last time step that was used. Passkey: its public key and count of signatures.
    """

    __tablename__ = "second_factors"
    __table_args__ = (one_of(SecondFactorKind, "kind"), Index("second_factors_administrator", "administrator_id"))

    id: int = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(),))
    administrator_id: int = Field(sa_type=BigInteger, foreign_key="administrators.id")
    kind: str
    name: str
    created_at: datetime = moment()
    confirmed_at: datetime | None = moment(nullable=True)
    secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    last_step: int | None = Field(default=None, sa_type=BigInteger)
    credential_id: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    public_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    sign_count: int | None = Field(default=None, sa_type=BigInteger)


class RecoveryCode(SQLModel, table=True):
    """A code instead of a second factor that was lost; deleted when it is used. Only a digest of it is kept."""

    __tablename__ = "recovery_codes"

    administrator_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="administrators.id")
    code_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
