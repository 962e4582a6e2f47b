"""Bulk changes with their items, thresholds of approval, and what workers ask before a tenant is known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "bulk_changes",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("on_error", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("target", postgresql.JSONB(), nullable=True),
        sa.Column("operations", postgresql.JSONB(), nullable=False),
        sa.Column("retry_of", sa.BigInteger(), nullable=True),
        sa.Column("undo_of", sa.BigInteger(), nullable=True),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("correlation_id", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        *(
            sa.Column(name, MOMENT, nullable=True)
            for name in ("planned_at", "scheduled_at", "started_at", "finished_at")
        ),
        sa.Column("plan_hash", sa.String(), nullable=True),
        sa.Column("catalogue_hash", sa.String(), nullable=True),
        *(_count(name) for name in ("item_count", "one_off_kopecks", "monthly_kopecks")),
        *(
            sa.Column(name, postgresql.JSONB(), nullable=True)
            for name in ("refused", "warnings", "irreversible", "failure", "approval_reason")
        ),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_name", sa.String(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decision_comment", sa.String(), nullable=True),
        *(_count(name) for name in ("refused_count", "applied_count", "failed_count", "skipped_count")),
        sa.Column("running_since", MOMENT, nullable=True),
        _count("ended_before"),
        sa.Column("moved_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "status IN ('PLANNING', 'PLANNED', 'AWAITING_APPROVAL', 'REJECTED', 'SCHEDULED', 'RUNNING', 'PAUSED', "
            "'CANCELLING', 'CANCELLED', 'FINISHED', 'FAILED')",
            name="status_known",
        ),
        sa.CheckConstraint("on_error IN ('SKIP_FAILED', 'REJECT_ALL')", name="on_error_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("bulk_changes_created_at", "bulk_changes", ["company_id", "created_at", "id"])
    op.create_index(
        "bulk_changes_due",
        "bulk_changes",
        ["company_id", "id"],
        postgresql_where=sa.text("status = ANY (ARRAY['PLANNING', 'SCHEDULED', 'RUNNING', 'CANCELLING'])"),
    )
    op.create_table(
        "bulk_items",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("bulk_change_id", sa.BigInteger(), nullable=False),
        sa.Column("number_id", sa.BigInteger(), nullable=False),
        sa.Column("msisdn", sa.String(collation="C"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        _count("one_off_kopecks"),
        _count("monthly_kopecks"),
        *(sa.Column(name, postgresql.JSONB(), nullable=True) for name in ("error", "operations", "inverse")),
        sa.Column("number_updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('REFUSED', 'PENDING', 'SENT', 'APPLIED', 'FAILED', 'SKIPPED')", name="state_known"
        ),
        sa.ForeignKeyConstraint(["company_id", "number_id"], ["numbers.company_id", "numbers.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id", "bulk_change_id"], ["bulk_changes.company_id", "bulk_changes.id"]),
        sa.PrimaryKeyConstraint("company_id", "bulk_change_id", "number_id"),
    )
    op.create_index("bulk_items_msisdn", "bulk_items", ["company_id", "bulk_change_id", "msisdn", "number_id"])
    op.create_index(
        "bulk_items_pending",
        "bulk_items",
        ["company_id", "bulk_change_id", "number_id"],
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_table(
        "approval_thresholds",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("number_count", sa.BigInteger(), nullable=True),
        sa.Column("kopecks", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id"),
    )
    op.execute("""
        DO $$ DECLARE name text; BEGIN
          FOREACH name IN ARRAY ARRAY['bulk_changes', 'bulk_items', 'approval_thresholds'] LOOP
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
            EXECUTE format('CREATE POLICY tenant ON %I TO gateway_app
                            USING (company_id = ANY ((SELECT tenant_companies())::bigint[]))', name);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO gateway_app', name);
          END LOOP;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER notify_inserted AFTER INSERT ON bulk_changes REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION notify_updates()
    """)
    op.execute("""
        CREATE TRIGGER notify_updated AFTER UPDATE ON bulk_changes REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION notify_updates()
    """)
    op.execute("GRANT SELECT (company_id, id, status, scheduled_at) ON bulk_changes TO gateway_lookup")
    op.execute("CREATE POLICY lookup ON bulk_changes FOR SELECT TO gateway_lookup USING (true)")
    op.execute("""
        CREATE FUNCTION find_due_bulk_changes() RETURNS TABLE (company_id bigint, id bigint, status text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT b.company_id, b.id, b.status FROM bulk_changes b
          WHERE b.status IN ('PLANNING', 'SCHEDULED', 'RUNNING', 'CANCELLING')
            AND (b.status <> 'SCHEDULED' OR b.scheduled_at <= now())
          ORDER BY b.company_id, b.id
        $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION find_due_bulk_changes() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION find_due_bulk_changes() TO gateway_app")
    op.execute("ALTER FUNCTION find_due_bulk_changes() OWNER TO gateway_lookup")
