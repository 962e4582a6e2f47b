"""A person accepts an invitation, company by company: until then what it gives is no right, and nothing is told."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invitations", sa.Column("inviter", sa.String(), server_default="—", nullable=False))
    op.alter_column("invitations", "inviter", server_default=None)
    op.add_column(
        "invitations",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("invitations_administrator", "invitations", ["administrator_id"])
    op.execute("""
        CREATE TRIGGER notify_access AFTER INSERT OR UPDATE OR DELETE ON invitations
        FOR EACH STATEMENT EXECUTE FUNCTION notify_access()
    """)
    op.execute("GRANT SELECT ON invitations TO gateway_lookup")
    op.execute("CREATE POLICY lookup ON invitations FOR SELECT TO gateway_lookup USING (true)")
    op.execute("""
        CREATE OR REPLACE FUNCTION find_grants(administrator_id bigint, api_key_id bigint)
        RETURNS TABLE (id bigint, company_id bigint, role text, role_id bigint, department_id bigint,
                       department_ids bigint[], allows text[], denies text[])
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT g.id, g.company_id, g.role, g.role_id, g.department_id,
            CASE WHEN g.department_id IS NOT NULL THEN ARRAY(
              SELECT d.id FROM departments d
              WHERE d.company_id = g.company_id AND g.department_id = ANY (d.ancestor_ids)
            ) END,
            r.allows, r.denies
          FROM grants g LEFT JOIN roles r ON r.company_id = g.company_id AND r.id = g.role_id
          WHERE (g.administrator_id = find_grants.administrator_id OR g.api_key_id = find_grants.api_key_id)
            AND NOT EXISTS (SELECT FROM invitations i
                            WHERE i.company_id = g.company_id AND i.administrator_id = g.administrator_id)
          ORDER BY g.id
        $$
    """)
    # Whoever is invited does not belong to the company yet, so row-level security would show them nothing.
    op.execute("""
        CREATE FUNCTION find_invitations(administrator_id bigint)
        RETURNS TABLE (company_id bigint, company text, inviter text, name text, created_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT i.company_id, c.name, i.inviter, i.name, i.created_at
          FROM invitations i JOIN companies c ON c.id = i.company_id
          WHERE i.administrator_id = find_invitations.administrator_id
          ORDER BY i.created_at, i.company_id
        $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION find_invitations(bigint) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION find_invitations(bigint) TO gateway_app")
    op.execute("ALTER FUNCTION find_invitations(bigint) OWNER TO gateway_lookup")
