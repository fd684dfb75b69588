"""A lake with a hundred records of attendance of known values."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from cloud.lake.lake import Lake
from cloud.lake.registry import find_table
from cloud.lake.writer import append
from tests.cloud.products.conftest import NOW

TABLE = find_table("trusted.attendance_records")
ROWS = 100


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """Minutes are 0 to 49 twice, one of them is 500; the last ten are missing."""
    minutes = [n % 50 for n in range(ROWS - 11)] + [500] + [None] * 10
    rows = {
        "student": [f"{n % 25:032x}" for n in range(ROWS)],
        "course": ["M", "B", "H", "M"] * (ROWS // 4),
        "day_on": [NOW.date()] * ROWS,
        "status": ["late"] * ROWS,
        "minutes_late": minutes,
        "upload": ["u"] * ROWS,
        "upload_row": list(range(ROWS)),
        "received_at": [datetime(2026, 11, 20, tzinfo=UTC)] * ROWS,
        "day": [NOW.date()] * ROWS,
    }
    schema = TABLE.schema.append(pa.field("day", pa.date32()))
    append(lake, TABLE, pa.table(rows, schema=schema), now=NOW)
    return lake
