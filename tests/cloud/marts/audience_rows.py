"""Eight days of three cameras as trusted rows: the clocks change on one, a location is unlisted.

Two creatives share the screens; one of them is ordered, by two lines, and one line is corrected.

Generated once in each process of tests; nobody changes them.
"""

import functools
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pyarrow as pa

from cloud.lake.lake import Lake
from cloud.lake.raw.audience import flatten
from cloud.lake.writer import append_all
from cloud.marts.build import SOURCES
from cloud.sites.sites import Sites
from cloud.sites.sites_file import load_sites
from simulators.synthetic.cameras import Period, create_sites, generate_reports, render_sites_file
from tests.cloud.booking.order_lines import order_line
from tests.cloud.marts.order_rows import order_hours
from wire.audience import AgeGroup, AudienceReport, CreativeSum, DemographicCell, Gender
from wire.scalars import LocationId

FIRST, LAST = date(2026, 10, 19), date(2026, 10, 26)  # London leaves summer time on the 25th
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
NOW = datetime(2026, 10, 27, 3, tzinfo=UTC)
UNLISTED = LocationId("ZZ-01")
CAMERAS = create_sites(4, seed=1)
"""The last one never reports."""


@functools.cache
def sites() -> Sites:
    with TemporaryDirectory() as folder:
        path = Path(folder, "sites.yaml")
        path.write_text(render_sites_file(CAMERAS))
        return load_sites(path)


@functools.cache
def reports(last: date = LAST) -> tuple[AudienceReport, ...]:
    """The reports up to a last day."""
    period = Period(
        datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC),
        datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1),
        timedelta(minutes=20),
    )
    found = [report for camera in CAMERAS[:3] for report in generate_reports(camera, period)]
    of_unlisted = [
        msgspec.structs.replace(report, location=UNLISTED)
        for report in generate_reports(create_sites(5, seed=2)[-1], period)
    ]
    return tuple(_divide(_describe(report)) for report in (*found, *of_unlisted[100:200]))


def _describe(report: AudienceReport) -> AudienceReport:
    """With demographics where there are enough visits, and without bands elsewhere."""
    if report.visits < 5:
        return msgspec.structs.replace(report, bands=None)
    women = DemographicCell(
        age=AgeGroup.FROM_25,
        gender=Gender.FEMALE,
        visits=report.visits // 2,
        onlookers=min(1, report.onlookers),
    )
    men = DemographicCell(
        age=AgeGroup.FROM_45, gender=Gender.MALE, visits=report.visits // 3, onlookers=0
    )
    return msgspec.structs.replace(report, demographics=(women, men))


def _divide(report: AudienceReport) -> AudienceReport:
    """With its times divided between two creatives."""
    names = [name for name in CreativeSum.__struct_fields__ if name != "plays"]
    first = {name: getattr(report, name) // 3 for name in names}
    rest = {name: getattr(report, name) - first[name] for name in names}
    creatives = {"a": CreativeSum(plays=7, **first), "b": CreativeSum(plays=13, **rest)}
    return msgspec.structs.replace(report, creatives=creatives)


@functools.cache
def orders() -> pa.Table:
    """The hours of a line that was corrected, and of another that ordered the same creative."""
    start = datetime(FIRST.year, FIRST.month, FIRST.day, 6, tzinfo=UTC)
    place = {"location": CAMERAS[0].address.location, "starts_at": start}
    first = order_line(48, positions=2, **place)
    corrected = order_line(24, positions=2, price_minor=75, **place)
    other = order_line(36, line_id="SO-1-2", creatives=("a", "c"), **place)
    return pa.concat_tables(
        [
            order_hours(first, other, changed_at=start),
            order_hours(corrected, changed_at=NOW, version=2, released=first.slots[24:]),
        ]
    )


def to_tables(found: tuple[AudienceReport, ...]) -> list[pa.Table]:
    """The trusted tables of the reports, in the order of SOURCES, with `day`; no orders."""
    rows = defaultdict(list)
    for report in found:
        for name, parts in flatten(report, NOW).items():
            rows[name] += [part | {"day": report.starts_at.date()} for part in parts]
    return [
        pa.Table.from_pylist(
            rows[table.name], schema=table.schema.append(pa.field("day", pa.date32()))
        )
        for table in SOURCES
    ]


@functools.cache
def all_tables() -> list[pa.Table]:
    return [*to_tables(reports())[:-1], orders()]


def trust(lake: Lake, *found: AudienceReport) -> None:
    """Append reports to the trusted zone; all of them when none is given."""
    tables = to_tables(found) if found else all_tables()
    append_all(lake, list(zip(SOURCES, tables, strict=True)), now=NOW)
