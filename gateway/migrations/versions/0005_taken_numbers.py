"""What an import asks: whether other companies have its numbers, not which ones, and ids ahead of rows."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT SELECT (company_id, msisdn, status) ON numbers TO gateway_lookup")
    op.execute("CREATE POLICY lookup ON numbers FOR SELECT TO gateway_lookup USING (true)")
    op.execute("""
        CREATE FUNCTION taken_numbers(company_id bigint, msisdns text[]) RETURNS TABLE (msisdn text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT n.msisdn FROM unnest(taken_numbers.msisdns) given JOIN numbers n ON n.msisdn = given COLLATE "C"
          WHERE n.company_id <> taken_numbers.company_id AND n.status <> 'CLOSED'
        $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION taken_numbers(bigint, text[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION taken_numbers(bigint, text[]) TO gateway_app")
    op.execute("ALTER FUNCTION taken_numbers(bigint, text[]) OWNER TO gateway_lookup")
    op.execute("GRANT USAGE ON SEQUENCE departments_id_seq, employees_id_seq TO gateway_app")
