"""The driver's time beside the daemon's, censored outcomes, and parameters as they were read back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was recorded before has none of this."""
    for table, column in (("command", "device_time"), ("observation", "censored"), ("trial", "achieved")):
        op.add_column(table, sa.Column(column, sa.String, nullable=True))
