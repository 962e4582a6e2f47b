"""What is due to end is found company by company in turn: what one cannot end is in nobody else's way."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What the operator refuses stays due. In an order that stays the same, enough of it would be all that is found.
    op.execute("""
        CREATE OR REPLACE FUNCTION find_endings(moment timestamptz, most integer)
        RETURNS TABLE (company_id bigint, number_id bigint)
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT found.company_id, found.number_id FROM (
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
            WHERE NOT EXISTS (
              SELECT FROM orders o WHERE o.company_id = due.company_id AND o.number_id = due.number_id
            )
            ORDER BY row_number() OVER (PARTITION BY due.company_id ORDER BY random()), random()
            LIMIT find_endings.most
          ) found
          ORDER BY found.company_id, found.number_id
        $$
    """)
