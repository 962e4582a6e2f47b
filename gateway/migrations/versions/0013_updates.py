"""Notices of changed rows, for whoever follows them: one a statement and company, not one a row."""

from alembic import op

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A payload has less than 8,000 bytes. Ids beyond that are left out: whoever follows looks for what has changed.
    op.execute("""
        CREATE FUNCTION notify_updates() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE told record; BEGIN
          FOR told IN
            SELECT company_id, CASE WHEN count(*) <= 500 THEN string_agg(id::text, ',') END AS ids
            FROM changed GROUP BY company_id
          LOOP
            PERFORM pg_notify('updates', TG_TABLE_NAME || ':' || told.company_id ||
                              CASE WHEN length(told.ids) < 7900 THEN ' ' || told.ids ELSE '' END);
          END LOOP;
          RETURN NULL;
        END $$
    """)
    # A trigger that sees the rows of its statement is for one kind of statement.
    op.execute("""
        CREATE TRIGGER notify_inserted AFTER INSERT ON numbers REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION notify_updates()
    """)
    op.execute("""
        CREATE TRIGGER notify_updated AFTER UPDATE ON numbers REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION notify_updates()
    """)
