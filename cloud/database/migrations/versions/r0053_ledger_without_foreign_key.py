"""Drop the foreign key of the booking ledger: the insert reads the take of a line once instead.

PostgreSQL checks a foreign key for every row, which was half of the time in which the positions of
a hold are entered. SQLite cannot drop a constraint, so its table is copied.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0053"
down_revision: Final = "0052"

NAME: Final = sa.String(63)
LEDGER: Final = "booking_ledger"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("booking_ledger_line_id_fkey", LEDGER, type_="foreignkey")
        return
    without_key = sa.Table(
        LEDGER,
        sa.MetaData(),
        sa.Column("line_id", NAME, primary_key=True),
        sa.Column("location", NAME, primary_key=True),
        sa.Column("hour_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("positions", sa.Integer, nullable=False),
        sa.CheckConstraint("positions > 0", name="ck_booking_ledger_positions"),
        sa.Index("ix_booking_ledger_slot", "location", "hour_at"),
    )
    with op.batch_alter_table(LEDGER, recreate="always", copy_from=without_key):
        pass
