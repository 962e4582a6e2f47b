"""Let the gateway read which revision the tables have, to know whether it may serve."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT SELECT ON alembic_version TO gateway_app")
