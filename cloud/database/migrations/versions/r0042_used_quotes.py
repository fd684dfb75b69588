"""Add uses of quotes, the cost of each booked line, and the quotes of changes."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from cloud.database.orders import decode_runs

revision: Final = "0042"
down_revision: Final = "0046"

BASIS_POINTS: Final = 10_000


def upgrade() -> None:
    op.add_column("quote_locks", sa.Column("replaces", sa.String(32)))
    op.create_index("ix_quote_locks_valid_until", "quote_locks", ["valid_until"])
    op.create_table(
        "quote_uses",
        sa.Column("quote", sa.String(32), primary_key=True),
        sa.Column("used_for", sa.String(32), nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
    )
    op.add_column("order_changes", sa.Column("quote", sa.String(32)))
    op.create_index("ix_orders_agency", "orders", ["agency"])
    cost = sa.Column("cost_minor", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("booked_lines", cost)
    _compute_costs(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE booking_slots SET (fillfactor = 50)")


def _compute_costs(connection: sa.Connection) -> None:
    names = ("line_id", "positions", "discount_bp", "slots", "cost_minor")
    lines = sa.table("booked_lines", *map(sa.column, names))
    for row in connection.execute(sa.select(lines)).all():
        changed = lines.update().where(lines.c.line_id == row.line_id)
        connection.execute(changed.values(cost_minor=_compute_cost(row)))


def _compute_cost(row: Any) -> int:
    """Each hour rounded half up."""
    rest_bp, half = BASIS_POINTS - row.discount_bp, BASIS_POINTS // 2
    hours_minor = sum(
        run.hours * ((run.price_or(0) * rest_bp + half) // BASIS_POINTS)
        for run in decode_runs(row.slots)
    )
    return int(row.positions * hours_minor)
