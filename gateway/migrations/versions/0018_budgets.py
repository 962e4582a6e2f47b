"""Points that callers may still ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder"),
        prefixes=["UNLOGGED"],
    )
    op.create_index("budgets_filled_at", "budgets", ["filled_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON budgets TO gateway_app")
