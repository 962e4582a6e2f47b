"""What the database keeps by itself: names to order numbers by, an append-only journal, and notices of changes."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Row-level security compares the company already. Compared once more it may choose the index, when statistics are
    # those of a smaller table: then each number reads all employees of its company.
    op.execute("""
        CREATE FUNCTION keep_employee_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF NEW.employee_id IS NULL THEN
            NEW.employee_key := '';
          ELSE
            NEW.employee_key := coalesce((SELECT name_key FROM employees
              WHERE (company_id = NEW.company_id) IS TRUE AND id = NEW.employee_id), '');
          END IF;
          RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_employee_key BEFORE INSERT OR UPDATE OF employee_id ON numbers
        FOR EACH ROW EXECUTE FUNCTION keep_employee_key()
    """)
    op.execute("""
        CREATE FUNCTION keep_renamed_employee() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          UPDATE numbers SET employee_key = NEW.name_key WHERE company_id = NEW.company_id AND employee_id = NEW.id;
          RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_renamed_employee AFTER UPDATE OF name ON employees
        FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION keep_renamed_employee()
    """)
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE EXCEPTION 'the journal is append-only';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal_entries
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """)
    op.execute("""
        CREATE FUNCTION notify_catalogue() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          PERFORM pg_notify('catalogue', '');
          RETURN NULL;
        END $$
    """)
    op.execute("""
        DO $$ DECLARE name text; BEGIN
          FOREACH name IN ARRAY ARRAY['tariffs', 'tariff_prices', 'tariff_packages', 'tariff_switch_fees',
                                      'options', 'option_prices', 'option_rules'] LOOP
            EXECUTE format('CREATE TRIGGER notify_catalogue AFTER INSERT OR UPDATE OR DELETE ON %I
                            FOR EACH STATEMENT EXECUTE FUNCTION notify_catalogue()', name);
          END LOOP;
        END $$
    """)
    # Whoever caches who may do what hears at once that it changed.
    op.execute("""
        CREATE FUNCTION notify_access() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          PERFORM pg_notify('access', '');
          RETURN NULL;
        END $$
    """)
    op.execute("""
        DO $$ DECLARE name text; BEGIN
          FOREACH name IN ARRAY ARRAY['companies', 'grants', 'roles', 'departments'] LOOP
            EXECUTE format('CREATE TRIGGER notify_access AFTER INSERT OR UPDATE OR DELETE ON %I
                            FOR EACH STATEMENT EXECUTE FUNCTION notify_access()', name);
          END LOOP;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER notify_access AFTER UPDATE OF revoked_at, expires_at ON sessions
        FOR EACH STATEMENT EXECUTE FUNCTION notify_access()
    """)
    op.execute("""
        CREATE TRIGGER notify_access AFTER UPDATE OF revoked_at, expires_at ON api_keys
        FOR EACH STATEMENT EXECUTE FUNCTION notify_access()
    """)
    op.execute("""
        CREATE TRIGGER notify_access AFTER UPDATE OF name, language, email, phone ON administrators
        FOR EACH STATEMENT EXECUTE FUNCTION notify_access()
    """)
