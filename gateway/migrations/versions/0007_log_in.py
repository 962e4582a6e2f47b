"""What logging in keeps beside a password: counted tries, one-time codes, known browsers, second factors."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "tries",
        sa.Column("bucket", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("bucket"),
    )
    op.create_index("tries_until", "tries", ["until"])
    op.create_table(
        "login_codes",
        sa.Column("administrator_id", sa.BigInteger(), nullable=False),
        sa.Column("device_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["administrator_id"], ["administrators.id"]),
        sa.PrimaryKeyConstraint("administrator_id", "device_hash"),
    )
    op.create_table(
        "known_devices",
        sa.Column("administrator_id", sa.BigInteger(), nullable=False),
        sa.Column("device_hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["administrator_id"], ["administrators.id"]),
        sa.PrimaryKeyConstraint("administrator_id", "device_hash"),
    )
    op.create_table(
        "second_factors",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("administrator_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("credential_id", sa.LargeBinary(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("sign_count", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('TOTP', 'PASSKEY')", name="kind_known"),
        sa.ForeignKeyConstraint(["administrator_id"], ["administrators.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_id"),
    )
    op.create_index("second_factors_administrator", "second_factors", ["administrator_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("administrator_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["administrator_id"], ["administrators.id"]),
        sa.PrimaryKeyConstraint("administrator_id", "code_hash"),
    )
    for name in ("alert_email", "alert_sms"):
        op.add_column("administrators", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("sessions", sa.Column("stepped_up_at", MOMENT, nullable=True))

    op.execute("""
        GRANT SELECT, INSERT, UPDATE, DELETE ON tries, login_codes, known_devices, second_factors, recovery_codes
        TO gateway_app
    """)
    op.execute("GRANT SELECT ON known_devices, second_factors TO gateway_lookup")
    op.execute("GRANT INSERT ON administrators TO gateway_lookup")
    op.execute("CREATE POLICY lookup_adds ON administrators FOR INSERT TO gateway_lookup WITH CHECK (true)")

    # By an e-mail or phone number, or by the administrator that another proof names.
    op.execute("DROP FUNCTION find_login(text)")
    op.execute("""
        CREATE FUNCTION find_login(login text, administrator_id bigint, device_hash bytea)
        RETURNS TABLE (administrator_id bigint, name text, language text, email text, phone text, alert_email boolean,
                       alert_sms boolean, password_hash text, known_device boolean, second_factor boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT a.id, a.name, a.language, a.email, a.phone, a.alert_email, a.alert_sms, c.password_hash,
            EXISTS (SELECT FROM known_devices d
                    WHERE d.administrator_id = a.id AND d.device_hash = find_login.device_hash),
            EXISTS (SELECT FROM second_factors f WHERE f.administrator_id = a.id AND f.confirmed_at IS NOT NULL)
          FROM administrators a LEFT JOIN credentials c ON c.administrator_id = a.id
          WHERE a.email = find_login.login OR a.phone = find_login.login OR a.id = find_login.administrator_id
        $$
    """)
    # Somebody who holds nothing yet is in no company, so row-level security would refuse them.
    op.execute("""
        CREATE FUNCTION add_administrator(name text, email text, phone text, language text) RETURNS bigint
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          INSERT INTO administrators (name, email, phone, language)
          VALUES (add_administrator.name, add_administrator.email, add_administrator.phone, add_administrator.language)
          ON CONFLICT DO NOTHING RETURNING id
        $$
    """)
    op.execute("""
        DO $$ DECLARE name text; BEGIN
          FOREACH name IN ARRAY ARRAY['find_login(text, bigint, bytea)',
                                      'add_administrator(text, text, text, text)'] LOOP
            EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || name || ' FROM PUBLIC';
            EXECUTE 'GRANT EXECUTE ON FUNCTION ' || name || ' TO gateway_app';
            EXECUTE 'ALTER FUNCTION ' || name || ' OWNER TO gateway_lookup';
          END LOOP;
        END $$
    """)
