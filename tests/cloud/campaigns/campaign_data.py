"""Reports, lines and a forecast for tests of campaigns, on the sample sites."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from cloud.booking.order_line import OrderLine
from cloud.booking.order_store import add_versions
from cloud.forecast.basis import HourSource
from cloud.forecast.forecaster import SiteForecast
from cloud.ingest.minute_sums import MinuteSums
from cloud.ingest.report_store import add_sums
from cloud.sites.site_model import Site
from cloud.sites.sites_file import SAMPLE, load_sites
from tests.cloud.booking.order_lines import MONDAY, order_line
from tests.report_builder import build_report
from wire.audience import AudienceReport, CreativeSum, DemographicCell
from wire.scalars import SequenceRange

SITES = load_sites(SAMPLE)
SEVEN = MONDAY + timedelta(hours=7)
SEVEN_S = int(SEVEN.timestamp())


def report(
    number: int = 1,
    hour: float = 0,
    device: str = "cam-1",
    cells: tuple[DemographicCell, ...] = (),
    location: str = "KX-01",
    minutes: int = 60,
    **plays: int,
) -> AudienceReport:
    """An hour with so many plays of each creative, ten observed seconds for each play."""
    sums = {name: creative_sum(count) for name, count in plays.items()}
    total = creative_sum(sum(plays.values()))
    starts_at = SEVEN + timedelta(hours=hour)
    times = {name: getattr(total, name) for name in total.__struct_fields__ if name != "plays"}
    return build_report(
        location=location, device=device, journal="00000000000000a1",
        sequence=SequenceRange(first=number, last=number),
        starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes),
        visits=40, onlookers=10, entries=40, dwell_ms=200_000, peak=4, demographics=cells,
        dwell_histogram=(0, 0, 0, 40) + (0,) * 11, creatives=sums, **times,
    )  # fmt: skip


def creative_sum(plays: int) -> CreativeSum:
    """2.5 people in view and half a person looking, on average."""
    return CreativeSum(
        plays=plays, observed_ms=10_000 * plays, person_ms=25_000 * plays, facing_ms=9_000 * plays,
        looking_ms=5_000 * plays, unsure_ms=1_000 * plays,
    )  # fmt: skip


def store_reports(connection: Connection, *reports: AudienceReport) -> None:
    sums = MinuteSums()
    for one in reports:
        sums.add(one)
    add_sums(connection, sums, MONDAY)


def store_lines(connection: Connection, *lines: OrderLine) -> None:
    add_versions(connection, lines, at=MONDAY - timedelta(days=7), before=None)


def line(hours: int = 1, **fields: Any) -> OrderLine:
    """A line that is in its flight: by default one position for one hour, at KX-01 from seven."""
    return order_line(hours, **fields)


def flat_forecast(site: Site, crowd: float = 4.0) -> SiteForecast:
    """A forecast that is the same for each hour: half to twice `crowd`, a quarter of it looking."""
    week = np.empty((4, 3, 168))
    for measure, middle in enumerate((crowd, 100.0, 25.0, crowd / 4 * 3_600)):
        week[measure] = np.array([0.5, 1.0, 2.0])[:, None] * middle
    sources = np.full(168, HourSource.OBSERVED, dtype=np.uint8)
    return SiteForecast(
        first_on=date(2026, 11, 23), zone=site.zone, coming=week, usual=week,
        coming_sources=sources, usual_sources=sources, holidays=frozenset(), basis="measured",
        reason="a test", weeks=8.0, age_weeks=0, model="test", cutoff_at=None, venue="station",
    )  # fmt: skip


def sum_values(rows: Iterable[dict[str, Any]], name: str) -> int:
    """The sum of a column without nulls."""
    return sum(row[name] for row in rows if row[name] is not None)
