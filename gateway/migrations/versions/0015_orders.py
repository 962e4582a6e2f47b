"""Orders to the operator's system, SIM cards that are replaced, and what ends by itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("numbers", sa.Column("sim_kind", sa.String(), server_default="PHYSICAL", nullable=False))
    op.create_check_constraint("sim_kind_known", "numbers", "sim_kind IN ('PHYSICAL', 'ESIM')")
    op.create_index("numbers_iccid_live", "numbers", ["iccid"], postgresql_where=sa.text("status <> 'CLOSED'"))
    op.create_index(
        "numbers_blocked_until", "numbers", ["blocked_until"], postgresql_where=sa.text("blocked_until IS NOT NULL")
    )
    op.create_index("forwardings_until", "forwardings", ["until"], postgresql_where=sa.text("until IS NOT NULL"))
    op.create_table(
        "orders",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("number_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("task", JSONB(), nullable=False),
        sa.Column("change_id", sa.BigInteger(), nullable=True),
        sa.Column("bulk_change_id", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["company_id", "number_id"], ["numbers.company_id", "numbers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "number_id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("orders_due", "orders", ["due_at"])
    op.execute("ALTER TABLE orders ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE orders FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE POLICY tenant ON orders TO gateway_app
        USING (company_id = ANY ((SELECT tenant_companies())::bigint[]))
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO gateway_app")
    op.execute("GRANT SELECT (company_id, number_id, due_at) ON orders TO gateway_lookup")
    op.execute("GRANT SELECT (company_id, number_id, until) ON forwardings TO gateway_lookup")
    op.execute("GRANT SELECT (id, iccid, blocked_until) ON numbers TO gateway_lookup")
    op.execute("GRANT SELECT (status) ON companies TO gateway_lookup")
    op.execute("CREATE POLICY lookup ON orders FOR SELECT TO gateway_lookup USING (true)")
    op.execute("CREATE POLICY lookup ON forwardings FOR SELECT TO gateway_lookup USING (true)")
    # The cards are locked in one order; the query after that sees what those did that were waited for.
    op.execute("""
        CREATE FUNCTION claim_sims(iccids text[]) RETURNS TABLE (iccid text, number_id bigint)
        LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE card text; BEGIN
          FOR card IN SELECT unnest(claim_sims.iccids) ORDER BY 1 LOOP
            PERFORM pg_advisory_xact_lock(hashtextextended(card, 0));
          END LOOP;
          RETURN QUERY SELECT n.iccid::text, n.id FROM numbers n
            WHERE n.iccid = ANY (claim_sims.iccids) AND n.status <> 'CLOSED';
        END $$
    """)
    op.execute("""
        CREATE FUNCTION find_phone_holders(phones text[]) RETURNS TABLE (administrator_id bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT a.id FROM administrators a WHERE a.phone = ANY (find_phone_holders.phones)
        $$
    """)
    # What waits for an answer of the operator waits here too; what the operator has stopped is not the customer's.
    op.execute("""
        CREATE FUNCTION find_endings(moment timestamptz, most integer)
        RETURNS TABLE (company_id bigint, number_id bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT due.company_id, due.number_id FROM (
            SELECT n.company_id, n.id AS number_id FROM numbers n JOIN companies c ON c.id = n.company_id
            WHERE n.blocked_until <= find_endings.moment AND n.status = 'BLOCKED' AND c.status = 'ACTIVE'
            UNION
            SELECT f.company_id, f.number_id FROM forwardings f
            JOIN numbers n ON n.company_id = f.company_id AND n.id = f.number_id
            JOIN companies c ON c.id = f.company_id
            WHERE f.until <= find_endings.moment AND n.status <> 'CLOSED' AND c.status <> 'CLOSED'
          ) due
          WHERE NOT EXISTS (SELECT FROM orders o WHERE o.company_id = due.company_id AND o.number_id = due.number_id)
          ORDER BY due.company_id, due.number_id LIMIT find_endings.most
        $$
    """)
    op.execute("""
        CREATE FUNCTION find_due_orders(moment timestamptz, most integer)
        RETURNS TABLE (company_id bigint, number_id bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT o.company_id, o.number_id FROM orders o WHERE o.due_at <= find_due_orders.moment
          ORDER BY o.due_at LIMIT find_due_orders.most
        $$
    """)
    op.execute("""
        DO $$ DECLARE name text; BEGIN
          FOREACH name IN ARRAY ARRAY['claim_sims(text[])', 'find_phone_holders(text[])',
                                      'find_endings(timestamptz, integer)',
                                      'find_due_orders(timestamptz, integer)'] LOOP
            EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || name || ' FROM PUBLIC';
            EXECUTE 'GRANT EXECUTE ON FUNCTION ' || name || ' TO gateway_app';
            EXECUTE 'ALTER FUNCTION ' || name || ' OWNER TO gateway_lookup';
          END LOOP;
        END $$
    """)
