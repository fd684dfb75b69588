"""Raw rows of whole reports: each has a cell, a creative and a sensor."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from cloud.lake.raw.audience import AUDIENCE_TABLES, flatten
from cloud.lake.tables import DAY, LakeTable
from tests.cloud.conftest import NINE
from tests.report_builder import build_report
from wire.audience import AgeGroup, BandSum, CreativeSum, DemographicCell, Gender, SensorSum
from wire.scalars import SequenceRange

RECEIVED = NINE + timedelta(hours=1)
Rows = dict[str, list[dict[str, Any]]]


def build_rows(
    number: int, *, starts_at: datetime = NINE, received_at: datetime = RECEIVED
) -> Rows:
    """The rows of report `number` by table, all of which meet their contracts."""
    report = build_report(
        location="KX-01", device="kx-01-cam-1", journal="00000000000000a1",
        sequence=SequenceRange(first=number, last=number),
        starts_at=starts_at, ends_at=starts_at + timedelta(seconds=10),
        observed_ms=9_000, person_ms=8_000, facing_ms=5_000, looking_ms=3_000, unsure_ms=1_000,
        entries=2, visits=2, onlookers=1, peak=2, dwell_ms=8_000,
        bands=BandSum(high_ms=5_000, medium_ms=2_000, low_ms=1_000),
        demographics=(
            DemographicCell(age=AgeGroup.FROM_25, gender=Gender.FEMALE, visits=1, onlookers=1),
        ),
        creatives={
            "spring": CreativeSum(
                plays=1, observed_ms=9_000, person_ms=8_000, facing_ms=5_000, looking_ms=3_000,
                unsure_ms=1_000,
            )
        },
        sensors={
            "lux": SensorSum(samples=2, total_milli=3_000, least_milli=1_000, most_milli=2_000)
        },
    )  # fmt: skip
    return flatten(report, received_at)


def to_raw(name: str, rows: Sequence[dict[str, Any]]) -> tuple[LakeTable, pa.Table]:
    """A raw table and rows for it, as `append_all` takes them."""
    (table,) = [one for one in AUDIENCE_TABLES if one.name == name]
    schema = table.schema.append(pa.field(DAY, pa.date32()))
    dated = [row | {DAY: row["starts_at"].date()} for row in rows]
    return table, pa.Table.from_pylist(dated, schema=schema)


def merge(*reports: Rows) -> Rows:
    """The rows of several reports."""
    return {name: [row for one in reports for row in one[name]] for name in reports[0]}
