"""Why and until when numbers are blocked, what options are of no use without, and spending that outlives its limit."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("numbers", sa.Column("block_reason", sa.String(), nullable=True))
    op.add_column("numbers", sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        "block_reason_known", "numbers", "block_reason IN ('VOLUNTARY', 'LOST', 'EMPLOYEE_LEFT')"
    )
    op.add_column("options", sa.Column("services", sa.ARRAY(sa.String()), server_default="{}", nullable=False))
    op.alter_column("spending_limits", "amount_kopecks", nullable=True)
