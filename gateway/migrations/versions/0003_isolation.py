"""Row-level security under every statement, and the functions that find out who is asking before a tenant is known."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The sub-select is evaluated once a statement, not once a row.
    op.execute("""
        DO $$ DECLARE tbl record; BEGIN
          FOR tbl IN SELECT table_name AS name FROM information_schema.columns
                     WHERE table_schema = 'public' AND column_name = 'company_id' LOOP
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tbl.name);
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tbl.name);
            EXECUTE format('CREATE POLICY tenant ON %I TO gateway_app
                            USING (company_id = ANY ((SELECT tenant_companies())::bigint[]))', tbl.name);
          END LOOP;
        END $$
    """)
    op.execute("ALTER TABLE companies ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE companies FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY tenant ON companies TO gateway_app USING (id = ANY ((SELECT tenant_companies())::bigint[]))"
    )
    op.execute("ALTER TABLE administrators ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE administrators FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE POLICY tenant ON administrators TO gateway_app
        USING (EXISTS (SELECT FROM grants WHERE grants.administrator_id = administrators.id))
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO gateway_app")
    op.execute("REVOKE UPDATE, DELETE ON journal_entries FROM gateway_app")
    op.execute("GRANT USAGE ON SEQUENCE journal_entries_id_seq TO gateway_app")  # a line's hash covers its id
    op.execute("REVOKE ALL ON alembic_version FROM gateway_app")
    op.execute("""
        DO $$ DECLARE name text; BEGIN
          FOREACH name IN ARRAY ARRAY['tariffs', 'tariff_prices', 'tariff_packages', 'tariff_switch_fees',
                                      'options', 'option_prices', 'option_rules'] LOOP
            EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON %I FROM gateway_app', name);
          END LOOP;
          FOREACH name IN ARRAY ARRAY['administrators', 'api_keys', 'grants', 'roles', 'departments'] LOOP
            EXECUTE format('GRANT SELECT ON %I TO gateway_lookup', name);
            EXECUTE format('CREATE POLICY lookup ON %I FOR SELECT TO gateway_lookup USING (true)', name);
          END LOOP;
        END $$
    """)
    op.execute("GRANT SELECT ON sessions, credentials TO gateway_lookup")
    op.execute("""
        CREATE FUNCTION find_login(login text)
        RETURNS TABLE (administrator_id bigint, name text, language text, password_hash text, locked_until timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT a.id, a.name, a.language, c.password_hash, a.locked_until
          FROM administrators a JOIN credentials c ON c.administrator_id = a.id
          WHERE a.email = login OR a.phone = login
        $$
    """)
    op.execute("""
        CREATE FUNCTION find_session(token_hash bytea)
        RETURNS TABLE (id bigint, administrator_id bigint, name text, language text, expires_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT s.id, a.id, a.name, a.language, s.expires_at
          FROM sessions s JOIN administrators a ON a.id = s.administrator_id
          WHERE s.token_hash = find_session.token_hash AND s.revoked_at IS NULL AND s.expires_at > now()
        $$
    """)
    op.execute("""
        CREATE FUNCTION find_api_key(secret_hash bytea)
        RETURNS TABLE (company_id bigint, id bigint, name text, expires_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
          SELECT k.company_id, k.id, k.name, k.expires_at FROM api_keys k
          WHERE k.secret_hash = find_api_key.secret_hash AND k.revoked_at IS NULL
            AND (k.expires_at IS NULL OR k.expires_at > now())
        $$
    """)
    op.execute("""
        CREATE FUNCTION find_grants(administrator_id bigint, api_key_id bigint)
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
          WHERE g.administrator_id = find_grants.administrator_id OR g.api_key_id = find_grants.api_key_id
          ORDER BY g.id
        $$
    """)
    op.execute("""
        DO $$ DECLARE name text; BEGIN
          FOREACH name IN ARRAY ARRAY['find_login(text)', 'find_session(bytea)', 'find_api_key(bytea)',
                                      'find_grants(bigint, bigint)'] LOOP
            EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || name || ' FROM PUBLIC';
            EXECUTE 'GRANT EXECUTE ON FUNCTION ' || name || ' TO gateway_app';
            EXECUTE 'ALTER FUNCTION ' || name || ' OWNER TO gateway_lookup';
          END LOOP;
        END $$
    """)
