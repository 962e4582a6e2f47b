"""Runs the revisions on the connection that `migrate()` brings."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
