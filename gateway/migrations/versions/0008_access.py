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
