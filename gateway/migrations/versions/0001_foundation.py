"""What the tables stand on: the two roles, and how texts are folded for order and search."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # gateway_app is what the gateway runs as: neither owner nor superuser, so that row-level security binds it.
    # gateway_lookup owns the few functions that find out who is asking, before a tenant is known.
    op.execute("""
        DO $$ DECLARE
          name text;
          -- Since 16 who makes a role may grant it, but is not yet free to become it.
          needed text := CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END;
        BEGIN
          FOREACH name IN ARRAY ARRAY['gateway_app', 'gateway_lookup'] LOOP
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
              EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            END IF;
            IF NOT pg_has_role(current_user, name, needed) THEN
              EXECUTE format('GRANT %I TO CURRENT_USER', name);
            END IF;
          END LOOP;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of the cluster was first
        END $$
    """)
    # A function's owner must be allowed to make one.
    op.execute("GRANT CREATE ON SCHEMA public TO gateway_lookup")
    # One collation that knows Cyrillic, whatever locale the cluster was made with: built in since 17, from ICU before.
    op.execute("""
        DO $$ BEGIN
          IF current_setting('server_version_num')::int >= 170000 THEN
            CREATE COLLATION gateway_text (provider = builtin, locale = 'C.UTF-8');
          ELSE
            CREATE COLLATION gateway_text (provider = icu, locale = 'und');
          END IF;
        END $$
    """)
    op.execute("""
        CREATE FUNCTION fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN translate(lower(value COLLATE gateway_text), 'ё', 'е') COLLATE "C"
    """)
    # Which companies row-level security lets through; unset is none.
    op.execute("""
        CREATE FUNCTION tenant_companies() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE
        RETURN nullif(current_setting('gateway.companies', true), '')::bigint[]
    """)
