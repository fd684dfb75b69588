"""The weekly sales of points in memory, as the mart has them."""

import pyarrow as pa

from cloud.lake.curated.retail import RETAIL_WEEKLY
from cloud.lake.tables import DAY
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import MartEngine, compute_mart
from cloud.marts.retail.calendars import find_week, list_week_days
from cloud.marts.retail.weekly import POINTS_VIEW


def compute_weeks(points: pa.Table, engine: MartEngine | None = None) -> pa.Table:
    weeks = sorted({find_week(day) for day in points.column(DAY).to_pylist()})
    calendar = pa.concat_tables([list_week_days(week) for week in weeks])
    inputs = {POINTS_VIEW: points, "week_days": calendar}
    return compute_mart(engine or DuckDbEngine(threads=1), RETAIL_WEEKLY, inputs)
