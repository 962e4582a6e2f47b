"""What the operator's system refused to end in time: it is asked again after a pause that grows."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "refused_endings",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("number_id", sa.BigInteger(), nullable=False),
        sa.Column("ending", sa.String(), nullable=False),
        sa.Column("over_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["company_id", "number_id"], ["numbers.company_id", "numbers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "number_id", "ending"),
    )
    op.execute("ALTER TABLE refused_endings ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE refused_endings FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE POLICY tenant ON refused_endings TO gateway_app
        USING (company_id = ANY ((SELECT tenant_companies())::bigint[]))
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON refused_endings TO gateway_app")
    op.execute("GRANT SELECT (company_id, number_id, ending, over_at, due_at) ON refused_endings TO gateway_lookup")
    op.execute("GRANT SELECT (condition) ON forwardings TO gateway_lookup")
    op.execute("GRANT SELECT (option_id) ON connected_options TO gateway_lookup")
    op.execute("CREATE POLICY lookup ON refused_endings FOR SELECT TO gateway_lookup USING (true)")
    # An ending is known by its name and the moment of its setting: one that was set anew has not been refused.
    op.execute("""
        CREATE OR REPLACE FUNCTION find_endings(moment timestamptz, most integer)
        RETURNS TABLE (company_id bigint, number_id bigint)
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT found.company_id, found.number_id FROM (
            SELECT due.company_id, due.number_id FROM (
              SELECT DISTINCT o.company_id, o.number_id FROM (
                SELECT n.company_id, n.id AS number_id, 'number:unblock' AS ending, n.blocked_until AS over_at
                FROM numbers n JOIN companies c ON c.id = n.company_id
                WHERE n.blocked_until <= find_endings.moment AND n.status = 'BLOCKED' AND c.status = 'ACTIVE'
                UNION ALL
                SELECT f.company_id, f.number_id, 'forwarding:clear ' || f.condition, f.until
                FROM forwardings f WHERE f.until <= find_endings.moment
                UNION ALL
                SELECT g.company_id, g.number_id, 'option:disconnect ' || g.option_id, g.disconnects_at
                FROM connected_options g WHERE g.disconnects_at <= find_endings.moment
              ) o
              JOIN numbers n ON n.company_id = o.company_id AND n.id = o.number_id
              JOIN companies c ON c.id = o.company_id
              WHERE n.status <> 'CLOSED' AND c.status <> 'CLOSED' AND NOT EXISTS (
                SELECT FROM refused_endings r
                WHERE r.company_id = o.company_id AND r.number_id = o.number_id
                  AND r.ending = o.ending AND r.over_at = o.over_at AND r.due_at > find_endings.moment
              )
            ) due
            WHERE NOT EXISTS (
              SELECT FROM orders o WHERE o.company_id = due.company_id AND o.number_id = due.number_id
            )
            ORDER BY row_number() OVER (PARTITION BY due.company_id ORDER BY random()), random()
            LIMIT find_endings.most
          ) found
          ORDER BY found.company_id, found.number_id
        $$
    """)
