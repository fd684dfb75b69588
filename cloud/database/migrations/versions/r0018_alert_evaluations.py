"""Add the time of the last evaluation of alert rules: hold times restart after a gap."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0018"
down_revision: Final = "0014"


def upgrade() -> None:
    op.create_table(
        "alert_evaluations",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("evaluated_at", sa.BigInteger, nullable=False),
    )
