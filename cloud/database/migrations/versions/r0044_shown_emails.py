"""Add the address of an invitation that a user of another account has."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0044"
down_revision: Final = "0043"


def upgrade() -> None:
    op.add_column("users", sa.Column("shown_email", sa.String(254)))
