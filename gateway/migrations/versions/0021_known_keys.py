"""Who was shown a secret of an API key: nobody of them is a second person for what the key has planned."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE api_keys ADD COLUMN known_to bigint[] NOT NULL DEFAULT '{}'")
    # An owner of the tables who is no superuser sees rows only while row-level security does not bind owners.
    for table in ("api_keys", "journal_entries"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        WITH RECURSIVE secrets AS (
          SELECT company_id, subject, actor_kind, actor_id FROM journal_entries
          WHERE action IN ('api_key:create', 'api_key:rotate')
        ), shown AS (
          SELECT * FROM secrets
          UNION
          SELECT s.company_id, s.subject, m.actor_kind, m.actor_id FROM shown s JOIN secrets m
          ON s.actor_kind = 'API_KEY' AND m.company_id = s.company_id AND m.subject = 'key_' || s.actor_id
        )
        UPDATE api_keys k SET known_to = p.ids FROM (
          SELECT company_id, subject, array_agg(DISTINCT actor_id ORDER BY actor_id) AS ids FROM shown
          WHERE actor_kind = 'ADMINISTRATOR' GROUP BY company_id, subject
        ) p WHERE k.company_id = p.company_id AND p.subject = 'key_' || k.id
    """)
    for table in ("api_keys", "journal_entries"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
