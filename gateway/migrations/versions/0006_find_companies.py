"""Which companies there are: asked by commands, which act for none of them."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT SELECT (id, name, inn) ON companies TO gateway_lookup")
    op.execute("CREATE POLICY lookup ON companies FOR SELECT TO gateway_lookup USING (true)")
    op.execute("""
        CREATE FUNCTION find_companies(inn text) RETURNS TABLE (id bigint, name text, inn text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT c.id, c.name, c.inn FROM companies c
          WHERE find_companies.inn IS NULL OR c.inn = find_companies.inn
          ORDER BY c.inn
        $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION find_companies(text) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION find_companies(text) TO gateway_app")
    op.execute("ALTER FUNCTION find_companies(text) OWNER TO gateway_lookup")
