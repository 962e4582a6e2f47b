"""Loads batches into empty tables: COPY first, what guards and speeds up single rows after it."""

from collections.abc import Iterable

import asyncpg

from gateway.demo.batches import Batch

# Row-level security binds the owner of the tables too, unless a superuser, and forbids COPY.
_FREE_OWNER = """
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', name);
      END LOOP;
    END $$
"""
_BIND_OWNER = _FREE_OWNER.replace(" NO FORCE ", " FORCE ")
# Foreign keys are checked and indexes built for whole tables: that halves the server's work.
_SET_ASIDE = """
    CREATE TEMP TABLE set_aside ON COMMIT DROP AS
      SELECT 1 AS turn, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS make
      FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
      UNION ALL
      SELECT 2, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
      FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relnamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'));
    DO $$ DECLARE statement text; BEGIN
      FOR statement IN SELECT drop FROM set_aside ORDER BY turn LOOP EXECUTE statement; END LOOP;
    END $$
"""
_PUT_BACK = """
    DO $$ DECLARE statement text; BEGIN
      FOR statement IN SELECT make FROM set_aside ORDER BY turn DESC LOOP EXECUTE statement; END LOOP;
    END $$
"""
# The rows bring their ids along; what comes later counts on from them.
_ADVANCE_IDS = """
    DO $$ DECLARE name text; last bigint; BEGIN
      FOR name IN SELECT table_name FROM information_schema.columns
                  WHERE table_schema = 'public' AND column_name = 'id' AND is_identity = 'YES' LOOP
        EXECUTE format('SELECT max(id) FROM %I', name) INTO last;
        IF last IS NOT NULL THEN
          PERFORM setval(pg_get_serial_sequence(quote_ident(name), 'id'), last);
        END IF;
      END LOOP;
    END $$
"""


async def load(connection: asyncpg.Connection, batches: Iterable[Batch]) -> None:
    """Inside a transaction of the tables' owner, which locks all tables until it ends."""
    await connection.execute(_FREE_OWNER)
    await connection.execute(_SET_ASIDE)
    for batch in batches:
        await connection.copy_records_to_table(
            str(batch.table.__tablename__), records=batch.rows, columns=batch.columns
        )
    await connection.execute(_PUT_BACK)
    await connection.execute(_ADVANCE_IDS)
    await connection.execute(_BIND_OWNER)
