"""The tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "administrators",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("phone"),
    )
    op.create_table(
        "companies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("inn", sa.String(), nullable=False),
        sa.Column("kpp", sa.String(), nullable=True),
        sa.Column("ogrn", sa.String(), nullable=True),
        sa.Column("legal_address", sa.String(), nullable=True),
        sa.Column("contract_number", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("manager_name", sa.String(), nullable=True),
        sa.Column("manager_phone", sa.String(), nullable=True),
        sa.Column("manager_email", sa.String(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('ACTIVE', 'SUSPENDED', 'CLOSED')", name="status_known"),
        sa.ForeignKeyConstraint(["parent_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("inn"),
    )
    op.create_index("ix_companies_parent_id", "companies", ["parent_id"], unique=False)
    op.create_table(
        "options",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("kinds", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("fee_period", sa.String(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("promo_days", sa.Integer(), nullable=True),
        sa.CheckConstraint("fee_period IN ('DAILY', 'MONTHLY')", name="fee_period_known"),
        sa.CheckConstraint("theme IN ('INTERNET', 'CALLS', 'ROAMING', 'MESSAGES', 'ADDITIONAL')", name="theme_known"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "tariffs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("kinds", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("fee_period", sa.String(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("switch_fee_kopecks", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("fee_period IN ('DAILY', 'MONTHLY')", name="fee_period_known"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "api_keys",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("api_keys_secret_hash", "api_keys", ["secret_hash"], unique=True)
    op.create_table(
        "credentials",
        sa.Column("administrator_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["administrator_id"], ["administrators.id"]),
        sa.PrimaryKeyConstraint("administrator_id"),
    )
    op.create_table(
        "departments",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cost_centre", sa.String(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("ancestor_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("path", sa.ARRAY(sa.String(collation="C")), nullable=False),
        sa.ForeignKeyConstraint(["company_id", "parent_id"], ["departments.company_id", "departments.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("departments_path", "departments", ["company_id", "path", "id"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "actor", "key"),
    )
    op.create_table(
        "journal_entries",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("number_id", sa.BigInteger(), nullable=True),
        sa.Column("bulk_change_id", sa.BigInteger(), nullable=True),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=True),
        sa.Column("correlation_id", sa.String(), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("actor_kind IN ('ADMINISTRATOR', 'API_KEY', 'STAFF', 'SYSTEM')", name="actor_kind_known"),
        sa.CheckConstraint(
            "channel IN ('API', 'PORTAL', 'USSD', 'SMS', 'IVR', 'OFFICE', 'SYSTEM')", name="channel_known"
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("journal_entries_at", "journal_entries", ["company_id", "at", "id"], unique=False)
    op.create_index("journal_entries_number", "journal_entries", ["company_id", "number_id", "id"], unique=False)
    op.create_table(
        "journal_heads",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id"),
    )
    op.create_table(
        "option_prices",
        sa.Column("option_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("connection_fee_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("fee_kopecks", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["option_id"], ["options.id"]),
        sa.PrimaryKeyConstraint("option_id", "valid_from"),
    )
    op.create_table(
        "option_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("option_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("other_option_id", sa.BigInteger(), nullable=True),
        sa.Column("tariff_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('REQUIRES', 'EXCLUDES', 'ONLY_FOR_TARIFF')", name="kind_known"),
        sa.ForeignKeyConstraint(["option_id"], ["options.id"]),
        sa.ForeignKeyConstraint(["other_option_id"], ["options.id"]),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("option_rules_option", "option_rules", ["option_id"], unique=False)
    op.create_table(
        "roles",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("allows", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("denies", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("roles_name", "roles", ["company_id", "name"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("administrator_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["administrator_id"], ["administrators.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("sessions_administrator", "sessions", ["administrator_id"], unique=False)
    op.create_table(
        "tariff_packages",
        sa.Column("tariff_id", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("unit IN ('SECONDS', 'SMS', 'MMS', 'BYTES')", name="unit_known"),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"]),
        sa.PrimaryKeyConstraint("tariff_id", "unit"),
    )
    op.create_table(
        "tariff_prices",
        sa.Column("tariff_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("fee_kopecks", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"]),
        sa.PrimaryKeyConstraint("tariff_id", "valid_from"),
    )
    op.create_table(
        "tariff_switch_fees",
        sa.Column("from_tariff_id", sa.BigInteger(), nullable=False),
        sa.Column("to_tariff_id", sa.BigInteger(), nullable=False),
        sa.Column("fee_kopecks", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["from_tariff_id"], ["tariffs.id"]),
        sa.ForeignKeyConstraint(["to_tariff_id"], ["tariffs.id"]),
        sa.PrimaryKeyConstraint("from_tariff_id", "to_tariff_id"),
    )
    op.create_table(
        "uploads",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_table(
        "employees",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(collation="C"), sa.Computed("fold(name)", persisted=True), nullable=True),
        sa.Column("position", sa.String(), nullable=True),
        sa.Column("personnel_number", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("extra_phone", sa.String(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "personnel_number"),
    )
    op.create_index("employees_department", "employees", ["company_id", "department_id"], unique=False)
    op.create_index("employees_name", "employees", ["company_id", "name_key", "id"], unique=False)
    op.create_table(
        "grants",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("administrator_id", sa.BigInteger(), nullable=True),
        sa.Column("api_key_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("role_id", sa.BigInteger(), nullable=True),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(administrator_id, api_key_id) = 1", name="one_holder"),
        sa.CheckConstraint("num_nonnulls(role, role_id) = 1", name="one_role"),
        sa.ForeignKeyConstraint(["administrator_id"], ["administrators.id"]),
        sa.ForeignKeyConstraint(["company_id", "api_key_id"], ["api_keys.company_id", "api_keys.id"]),
        sa.ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        sa.ForeignKeyConstraint(["company_id", "role_id"], ["roles.company_id", "roles.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("grants_administrator", "grants", ["administrator_id"], unique=False)
    op.create_index("grants_api_key", "grants", ["company_id", "api_key_id"], unique=False)
    op.create_table(
        "numbers",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("msisdn", sa.String(collation="C"), nullable=False),
        sa.Column("iccid", sa.String(collation="C"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("label", sa.String(collation="C"), nullable=True),
        sa.Column("employee_id", sa.BigInteger(), nullable=True),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("tariff_id", sa.BigInteger(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_charged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("employee_key", sa.String(collation="C"), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "search_text",
            sa.String(collation="C"),
            sa.Computed("employee_key || ' ' || fold(coalesce(label, '')) || ' ' || msisdn", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "msisdn_reversed", sa.String(collation="C"), sa.Computed("reverse(msisdn)", persisted=True), nullable=True
        ),
        sa.CheckConstraint("kind IN ('VOICE', 'MODEM', 'IOT')", name="kind_known"),
        sa.CheckConstraint("status IN ('ACTIVE', 'BLOCKED', 'SUSPENDED', 'DORMANT', 'CLOSED')", name="status_known"),
        sa.ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        sa.ForeignKeyConstraint(["company_id", "employee_id"], ["employees.company_id", "employees.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"]),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("numbers_activated_at", "numbers", ["company_id", "activated_at", "id"], unique=False)
    op.create_index("numbers_department", "numbers", ["company_id", "department_id", "msisdn", "id"], unique=False)
    op.create_index("numbers_employee", "numbers", ["company_id", "employee_id"], unique=False)
    op.create_index("numbers_employee_key", "numbers", ["company_id", "employee_key", "id"], unique=False)
    op.create_index("numbers_iccid", "numbers", ["company_id", "iccid"], unique=False)
    op.create_index(
        "numbers_label", "numbers", ["company_id", sa.literal_column("coalesce(label, '')"), "id"], unique=False
    )
    op.create_index("numbers_msisdn", "numbers", ["company_id", "msisdn", "id"], unique=False)
    op.create_index(
        "numbers_msisdn_live", "numbers", ["msisdn"], unique=True, postgresql_where=sa.text("status <> 'CLOSED'")
    )
    op.create_index("numbers_msisdn_reversed", "numbers", ["company_id", "msisdn_reversed"], unique=False)
    op.create_index("numbers_tariff", "numbers", ["company_id", "tariff_id", "msisdn", "id"], unique=False)
    op.create_index("numbers_updated_at", "numbers", ["company_id", "updated_at", "id"], unique=False)
    op.create_table(
        "connected_options",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("number_id", sa.BigInteger(), nullable=False),
        sa.Column("option_id", sa.BigInteger(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("promo_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("journal_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["company_id", "number_id"], ["numbers.company_id", "numbers.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["option_id"], ["options.id"]),
        sa.PrimaryKeyConstraint("company_id", "number_id", "option_id"),
    )
    op.create_index(
        "connected_options_option", "connected_options", ["company_id", "option_id", "number_id"], unique=False
    )
    op.create_table(
        "used_promotions",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("number_id", sa.BigInteger(), nullable=False),
        sa.Column("option_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["company_id", "number_id"], ["numbers.company_id", "numbers.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["option_id"], ["options.id"]),
        sa.PrimaryKeyConstraint("company_id", "number_id", "option_id"),
    )
    op.create_table(
        "forwardings",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("number_id", sa.BigInteger(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("condition IN ('ALWAYS', 'BUSY', 'NO_ANSWER', 'UNREACHABLE')", name="condition_known"),
        sa.ForeignKeyConstraint(["company_id", "number_id"], ["numbers.company_id", "numbers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "number_id", "condition"),
    )
    op.create_table(
        "number_changes",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number_id", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("one_off_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("monthly_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("error", postgresql.JSONB(), nullable=True),
        sa.Column("journal_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('PENDING', 'APPLIED', 'FAILED')", name="status_known"),
        sa.ForeignKeyConstraint(["company_id", "number_id"], ["numbers.company_id", "numbers.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("number_changes_number", "number_changes", ["company_id", "number_id", "id"], unique=False)
    op.create_table(
        "service_bans",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("number_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('INTERNATIONAL_CALLS', 'ROAMING', 'PREMIUM_SMS', 'CONTENT', 'DATA')", name="kind_known"
        ),
        sa.ForeignKeyConstraint(["company_id", "number_id"], ["numbers.company_id", "numbers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "number_id", "kind"),
    )
    op.create_table(
        "spending_limits",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("number_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("spent_kopecks", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("rule IN ('STOP', 'EMPLOYEE_PAYS', 'NOTIFY')", name="rule_known"),
        sa.ForeignKeyConstraint(["company_id", "number_id"], ["numbers.company_id", "numbers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "number_id"),
    )
