"""Hourly tables as CSV files, read on the clock of London unless another is given."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cloud.forecast.backtesting.series_file import HourlyTable, ReadOptions, read_series

LONDON = ZoneInfo("Europe/London")


def read_table(tmp_path: Path, text: str, *, value: str = "visits", **how: Any) -> HourlyTable:
    file = tmp_path / "table.csv"
    file.write_bytes(text.encode(how.get("encoding", "utf8")))
    how.setdefault("zone", LONDON)
    return read_series(file, ReadOptions(("s", "t", value), **how))


def quarters(*values: object, value: str = "visits", start_h: int = 8) -> str:
    rows = [
        f"a,2026-06-01T{start_h + at // 4:02}:{15 * (at % 4):02},{one}"
        for at, one in enumerate(values)
    ]
    return "\n".join([f"s,t,{value}", *rows])
