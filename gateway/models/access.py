"""Who may sign in: administrators, their credentials and sessions, API keys, roles and grants."""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    String,
    false,
    text,
)
from sqlmodel import Field, SQLModel

from authz.roles import BuiltInRole
from gateway.models.columns import CompanyRow, moment

_ABOVE_ALL_ROWS = 9 * 10**18


class Administrator(SQLModel, table=True):
    """A person who signs in; may hold grants in several companies."""

    __tablename__ = "administrators"

    id: int = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(),))
    name: str
    email: str | None = Field(default=None, unique=True)
    phone: str | None = Field(default=None, unique=True)
    language: str = "RU"
    created_at: datetime = moment(default_now=True)
    last_login_at: datetime | None = moment(nullable=True)
    locked_until: datetime | None = moment(nullable=True)
    alert_email: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    alert_sms: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class Credential(SQLModel, table=True):
    """How an administrator proves to be one."""

    __tablename__ = "credentials"

    administrator_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="administrators.id")
    password_hash: str
    changed_at: datetime = moment(default_now=True)


class Session(SQLModel, table=True):
    """A signed-in browser; only the SHA-256 of its token is kept."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_administrator", "administrator_id"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(),))
    administrator_id: int = Field(sa_type=BigInteger, foreign_key="administrators.id")
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    device: str
    ip: str
    created_at: datetime = moment(default_now=True)
    last_used_at: datetime = moment(default_now=True)
    expires_at: datetime = moment()
    stepped_up_at: datetime | None = moment(nullable=True)
    revoked_at: datetime | None = moment(nullable=True)


class ApiKey(CompanyRow, table=True):
    """A key of an integration; `prefix` is its visible beginning, only the SHA-256 of the secret is kept.

    The secret before the last rotation, `previous_hash`, works until `previous_until`. `known_to` are the
    administrators who were ever shown a secret of it, themselves or through a key of theirs.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        Index("api_keys_secret_hash", "secret_hash", unique=True),
        Index("api_keys_previous_hash", "previous_hash", unique=True),
    )

    name: str
    prefix: str
    secret_hash: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = moment(default_now=True)
    expires_at: datetime | None = moment(nullable=True)
    last_used_at: datetime | None = moment(nullable=True)
    revoked_at: datetime | None = moment(nullable=True)
    previous_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    previous_until: datetime | None = moment(nullable=True)
    known_to: list[int] = Field(
        default=[], sa_type=ARRAY(BigInteger), sa_column_kwargs={"server_default": text("'{}'")}
    )


class Role(CompanyRow, table=True):
    """A role that a company made for itself; the built-in ones live in authz/policy.csv."""

    __tablename__ = "roles"
    __table_args__ = (Index("roles_name", "company_id", "name", unique=True),)

    name: str
    allows: list[str] = Field(sa_type=ARRAY(String))
    denies: list[str] = Field(default=[], sa_type=ARRAY(String), sa_column_kwargs={"server_default": text("'{}'")})


def built_in_role_id(role: BuiltInRole) -> int:
    """The number of a built-in role among those of all roles. Their order is for good, new ones come last."""
    return _ABOVE_ALL_ROWS + list(BuiltInRole).index(role) + 1


def built_in_role(number: int) -> BuiltInRole | None:
    """The built-in role with that number."""
    return {built_in_role_id(role): role for role in BuiltInRole}.get(number)


class Grant(CompanyRow, table=True):
    """A role held by an administrator or an API key, over a company or one department of it and all below.

    The role is a built-in one by name, or the company's own by id.
    """

    __tablename__ = "grants"
    __table_args__ = (
        CheckConstraint("num_nonnulls(administrator_id, api_key_id) = 1", name="one_holder"),
        CheckConstraint("num_nonnulls(role, role_id) = 1", name="one_role"),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        ForeignKeyConstraint(["company_id", "role_id"], ["roles.company_id", "roles.id"]),
        ForeignKeyConstraint(["company_id", "api_key_id"], ["api_keys.company_id", "api_keys.id"]),
        Index("grants_administrator", "administrator_id"),
        Index("grants_api_key", "company_id", "api_key_id"),
    )

    administrator_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="administrators.id")
    api_key_id: int | None = Field(default=None, sa_type=BigInteger)
    role: str | None = None
    role_id: int | None = Field(default=None, sa_type=BigInteger)
    department_id: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime = moment(default_now=True)
