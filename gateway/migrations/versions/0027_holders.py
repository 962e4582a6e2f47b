"""Sessions end with a SIM card in the number's own company alone: nobody asks over all companies whose a phone is."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP FUNCTION find_phone_holders(text[])")
