"""Partition reports and minutes by time in PostgreSQL, so that old ones are dropped whole.

The existing table becomes the first partition; it is read once to prove that it ends at the next
boundary. Rows outside every partition go to the default one: no row is refused for its time.
"""

from datetime import UTC, datetime
from typing import Final

from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"

DAY_S: Final = 86_400
WEEK_S: Final = 7 * DAY_S
MINUTES: Final = ("minute_tallies", "minute_demographics", "minute_sensors")
KEYS: Final = {
    "reports": "id, received_at",
    "minute_tallies": "location, minute_at, device",
    "minute_demographics": "location, minute_at, device, age, gender",
    "minute_sensors": "location, minute_at, device, sensor",
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    now_s = int(datetime.now(UTC).timestamp())
    op.execute("ALTER TABLE reports DROP CONSTRAINT uq_reports_identity")  # cannot span partitions
    _divide("reports", "received_at", ends_at=(now_s // DAY_S + 1) * DAY_S * 1_000_000)
    op.execute("ALTER SEQUENCE reports_id_seq OWNED BY reports.id")
    for table in MINUTES:
        _divide(table, "minute_at", ends_at=(now_s // WEEK_S + 1) * WEEK_S)


def _divide(table: str, column: str, *, ends_at: int) -> None:
    before, index = f"{table}_before", f"ix_{table}_{column}"
    op.rename_table(table, before)
    op.execute(f"ALTER TABLE {before} DROP CONSTRAINT {table}_pkey")
    op.execute(
        f"CREATE TABLE {table} (LIKE {before} INCLUDING DEFAULTS) PARTITION BY RANGE ({column})"
    )
    op.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({KEYS[table]})")
    if table != "minute_sensors":
        op.execute(f"ALTER INDEX {index} RENAME TO ix_{before}_{column}")
        op.create_index(index, table, [column])
    op.execute(
        f"ALTER TABLE {table} ATTACH PARTITION {before} FOR VALUES FROM (MINVALUE) TO ({ends_at})"
    )
    op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
