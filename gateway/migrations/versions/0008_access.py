"""API keys whose secret is renewed with an overlap, one name for each in a company, and applications for access."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("previous_hash", sa.LargeBinary(), nullable=True))
    op.add_column("api_keys", sa.Column("previous_until", MOMENT, nullable=True))
    op.create_index("api_keys_previous_hash", "api_keys", ["previous_hash"], unique=True)
    op.execute("""
        CREATE OR REPLACE FUNCTION find_api_key(secret_hash bytea)
        RETURNS TABLE (company_id bigint, id bigint, name text, expires_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT k.company_id, k.id, k.name, k.expires_at FROM api_keys k
          WHERE k.secret_hash = find_api_key.secret_hash AND k.revoked_at IS NULL
            AND (k.expires_at IS NULL OR k.expires_at > now())
          UNION ALL
          SELECT k.company_id, k.id, k.name, least(k.expires_at, k.previous_until) FROM api_keys k
          WHERE k.previous_hash = find_api_key.secret_hash AND k.revoked_at IS NULL AND k.previous_until > now()
            AND (k.expires_at IS NULL OR k.expires_at > now())
        $$
    """)
    op.execute("DROP TRIGGER notify_access ON api_keys")
    op.execute("""
        CREATE TRIGGER notify_access AFTER UPDATE OF revoked_at, expires_at, secret_hash, previous_until ON api_keys
        FOR EACH STATEMENT EXECUTE FUNCTION notify_access()
    """)
    op.create_table(
        "access_applications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference_hash", sa.LargeBinary(), nullable=False),
        sa.Column("inn", sa.String(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("signatory", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("reviewer", sa.String(), nullable=True),
        sa.Column("signatory_verified_at", MOMENT, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("status IN ('SUBMITTED', 'IN_REVIEW', 'APPROVED', 'REJECTED')", name="status_known"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference_hash"),
    )
    op.create_index("access_applications_inn", "access_applications", ["inn"])
    op.execute("GRANT SELECT, INSERT, UPDATE ON access_applications TO gateway_app")
    op.execute("GRANT SELECT (status) ON companies TO gateway_lookup")
    op.execute("""
        CREATE FUNCTION find_applicant(inn text)
        RETURNS TABLE (company_id bigint, name text, status text, owned boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT c.id, c.name, c.status, EXISTS (
            SELECT FROM grants g WHERE g.company_id = c.id AND g.role = 'owner' AND g.administrator_id IS NOT NULL
          ) FROM companies c WHERE c.inn = find_applicant.inn
        $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION find_applicant(text) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION find_applicant(text) TO gateway_app")
    op.execute("ALTER FUNCTION find_applicant(text) OWNER TO gateway_lookup")
