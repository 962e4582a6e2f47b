"""Options that are disconnected before they turn paid."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connected_options", sa.Column("disconnects_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("connected_options", sa.Column("guard_journal_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "connected_options_promo",
        "connected_options",
        ["company_id", "promo_ends_at"],
        postgresql_where=sa.text("promo_ends_at IS NOT NULL"),
    )
    op.create_index(
        "connected_options_disconnects_at",
        "connected_options",
        ["disconnects_at"],
        postgresql_where=sa.text("disconnects_at IS NOT NULL"),
    )
    op.execute("GRANT SELECT (company_id, number_id, disconnects_at) ON connected_options TO gateway_lookup")
    op.execute("CREATE POLICY lookup ON connected_options FOR SELECT TO gateway_lookup USING (true)")
    # What waits for an answer of the operator waits here too; what the operator has stopped is not the customer's.
    op.execute("""
        CREATE OR REPLACE FUNCTION find_endings(moment timestamptz, most integer)
        RETURNS TABLE (company_id bigint, number_id bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT due.company_id, due.number_id FROM (
            SELECT n.company_id, n.id AS number_id FROM numbers n JOIN companies c ON c.id = n.company_id
            WHERE n.blocked_until <= find_endings.moment AND n.status = 'BLOCKED' AND c.status = 'ACTIVE'
            UNION
            SELECT o.company_id, o.number_id FROM (
              SELECT f.company_id, f.number_id FROM forwardings f WHERE f.until <= find_endings.moment
              UNION ALL
              SELECT g.company_id, g.number_id FROM connected_options g
              WHERE g.disconnects_at <= find_endings.moment
            ) o
            JOIN numbers n ON n.company_id = o.company_id AND n.id = o.number_id
            JOIN companies c ON c.id = o.company_id
            WHERE n.status <> 'CLOSED' AND c.status <> 'CLOSED'
          ) due
          WHERE NOT EXISTS (SELECT FROM orders o WHERE o.company_id = due.company_id AND o.number_id = due.number_id)
          ORDER BY due.company_id, due.number_id LIMIT find_endings.most
        $$
    """)
