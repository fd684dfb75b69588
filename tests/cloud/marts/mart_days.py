"""Build the days of a lake, and read what was built."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from cloud.database import reading
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.reader import read_table
from cloud.lake.tables import LakeTable
from cloud.marts.build import build_changed_days
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.sites.sites import Sites
from tests.cloud.conftest import Reports
from tests.cloud.marts.audience_rows import CAMERAS, NOW, sites
from tests.report_builder import build_report
from wire.audience import AudienceReport
from wire.scalars import JournalId, SequenceRange

CAMERA = CAMERAS[0].address
NINE = datetime(2026, 10, 19, 9, tzinfo=UTC)


def build(lake: Lake, now: datetime = NOW, in_force: Sites | None = None) -> list[date]:
    listed = in_force or sites()
    with DuckDbEngine().open() as engine:
        return [built.day for built in build_changed_days(lake, engine, listed, now=now)]


def change_site(location: str, **fields: Any) -> Sites:
    """The sites with one of them changed."""
    return Sites(
        tuple(
            msgspec.structs.replace(site, **fields) if site.id == location else site
            for site in sites()
        )
    )


def one(report: Reports, number: int = 1, **fields: Any) -> AudienceReport:
    return report(
        number, **{"location": CAMERA.location, "device": CAMERA.device, "starts_at": NINE} | fields
    )


def row_at(lake: Lake, hour: int, location: str = CAMERA.location) -> dict[str, Any]:
    rows = read_table(lake, AUDIENCE_METRICS).to_pylist()
    (row,) = [row for row in rows if (row["location"], row["hour"]) == (location, hour)]
    return row


def checksums(lake: Lake, mart: LakeTable) -> list[str]:
    with reading(lake.engine) as connection:
        return [file.sha256 for file in read_files(connection, mart.full_name)]


def observed(number: int, visits: int, **fields: Any) -> AudienceReport:
    """Ten seconds with visits of four seconds each."""
    starts_at = fields.get("starts_at", NINE)
    return build_report(
        **{
            "location": CAMERA.location, "device": CAMERA.device,
            "journal": JournalId("00000000000000a1"),
            "sequence": SequenceRange(first=number, last=number),
            "starts_at": starts_at, "ends_at": starts_at + timedelta(seconds=10),
            "entries": visits, "visits": visits, "onlookers": visits // 2, "peak": visits,
            "dwell_ms": 4_000 * visits,
            "dwell_histogram": (0, 0, 0, visits) + (0,) * 11,
            "attention_histogram": (visits,) + (0,) * 12,
        }
        | fields
    )  # fmt: skip
