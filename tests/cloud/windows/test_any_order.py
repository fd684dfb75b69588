"""Late, duplicate, downsampled or reordered reports give every window the same sums."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from operator import add
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, structs
from sqlalchemy import Connection, Engine, text

from cloud.database import BANDS, SUMS, reading, writing
from cloud.database.migrations import HEAD
from cloud.database.upgrade import upgrade
from cloud.ingest.commit import commit
from cloud.ingest.minute_sums import report_minute, report_sums
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import validate
from cloud.windows.audience import AudienceSums
from cloud.windows.breakdown import breakdown, demographics
from cloud.windows.dimensions import BreakdownFilter, DemographicGroup, Dimension
from cloud.windows.query import LENGTHS, window_audience, windows
from cloud.windows.venue_breakdown import venue_breakdown, venue_demographic_groups
from cloud.windows.venue_types import sync_venue_types
from tests.cloud.databases import create_tables
from wire.audience import AgeGroup, AudienceReport, BandSum, BlindCause, DemographicCell, Gender
from wire.envelope import audience_event, encode_event

Reports = Callable[..., AudienceReport]

SIX = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
DAY = BreakdownFilter(MIDNIGHT, MIDNIGHT + timedelta(days=1))
NOW = MIDNIGHT + timedelta(days=1)
CAMERAS = (("A", "a-1"), ("A", "a-2"), ("B", "b-1"), ("C", "c-1"))
HALF_SURE = BandSum(high_ms=3_500, medium_ms=500, low_ms=4_000)
VENUES = ("station", "mall", "unknown")
COARSE: Sequence[tuple[Dimension, ...]] = (
    (),
    (Dimension.VENUE_TYPE,),
    (Dimension.HOUR,),
    (Dimension.DAY, Dimension.VENUE_TYPE),
    (Dimension.VENUE_TYPE, Dimension.HOUR),
)

few_examples = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def build_morning(report: Reports, draw: random.Random) -> list[AudienceReport]:
    """Reports of four cameras over five hours, some of them downsampled from several."""
    reports = []
    for location, device in CAMERAS:
        sequence, at = 1, SIX
        for _ in range(draw.randint(1, 6)):
            merged = draw.choice((1, 1, 3))
            at += timedelta(seconds=draw.choice((10, 50, 240, 3_000)))
            visits, blind_ms = draw.randint(0, 5), draw.randint(0, 1_000)
            cell = DemographicCell(
                age=draw.choice(list(AgeGroup)), gender=Gender.FEMALE, visits=visits, onlookers=0
            )
            reports.append(
                report(
                    sequence, sequence + merged - 1, location=location, device=device, starts_at=at,
                    ends_at=at + timedelta(seconds=10 * merged), visits=visits,
                    peak=draw.randint(0, 9), blind_ms={BlindCause.DARK: blind_ms},
                    demographics=(cell,) if visits else (),
                    bands=draw.choice((UNSET, HALF_SURE)),
                )
            )  # fmt: skip
            sequence += merged
            at += timedelta(seconds=10 * merged)
    return reports


def ingest(engine: Engine, some: Iterable[AudienceReport]) -> None:
    findings = [
        finding
        for one in some
        for finding in validate(
            Delivery(f"onlooker/v1/{one.location}/{one.device}/audience",
                     encode_event(audience_event(one))),
            is_listed=lambda *_: True,
            now=NOW,
        )
    ]  # fmt: skip
    commit(engine, findings, NOW)


def ingest_shuffled(
    engine: Engine,
    reports: list[AudienceReport],
    draw: random.Random,
    meanwhile: Callable[[], None],
) -> None:
    """In any order, in batches of any size, some twice."""
    shuffled = reports + [one for one in reports if draw.random() < 0.5]
    draw.shuffle(shuffled)
    while shuffled:
        size = draw.randint(1, len(shuffled))
        ingest(engine, shuffled[:size])
        del shuffled[:size]
        meanwhile()


def added(some: Iterable[AudienceReport]) -> tuple[list[int], int]:
    """The sums and the peak of some reports, straight from them."""
    total, peak = [0] * len(SUMS), 0
    for one in some:
        total = list(map(add, total, report_sums(one)))
        peak = max(peak, one.peak)
    return total, peak


def as_sums(tally: AudienceSums) -> tuple[list[int], int]:
    sums = [
        tally.blind_ms[BlindCause(name[6:-3])] if name.startswith("blind_")
        else tally.dwell_histogram[int(name[6:])] if name[:6] == "dwell_" and name != "dwell_ms"
        else tally.attention_histogram[int(name[10:])] if name.startswith("attention_")
        else getattr(tally, name)
        for name in SUMS
    ]  # fmt: skip
    return sums, tally.peak


@given(draw=st.randoms(use_true_random=False))
@few_examples
def test_every_window_is_the_sum_of_the_reports_that_start_in_it(
    engine: Engine, report: Reports, draw: random.Random
) -> None:
    create_tables(engine)
    reports = build_morning(report, draw)
    ingest_shuffled(engine, reports, draw, lambda: None)
    with reading(engine) as connection:
        for name, length in LENGTHS.items():
            for location in "AB":
                found = windows(connection, location, window=name, step="5m",
                                starts_at=DAY.starts_at, ends_at=DAY.ends_at)  # fmt: skip
                by_window: dict[datetime, list[AudienceReport]] = defaultdict(list)
                for one in reports:
                    minute = datetime.fromtimestamp(report_minute(one), UTC)
                    opens = minute - (minute - MIDNIGHT) % timedelta(minutes=5)
                    while one.location == location and opens + length > minute:
                        by_window[opens].append(one)
                        opens -= timedelta(minutes=5)
                assert {one.starts_at: as_sums(one.tally) for one in found} == {
                    opens: added(some) for opens, some in by_window.items()
                }
        whole = window_audience(connection, "A", starts_at=DAY.starts_at, ends_at=DAY.ends_at)
        assert as_sums(whole.tally) == added(one for one in reports if one.location == "A")


@given(draw=st.randoms(use_true_random=False))
@few_examples
def test_roll_ups_are_the_sums_of_the_minutes_while_venue_types_change(
    engine: Engine, report: Reports, draw: random.Random
) -> None:
    create_tables(engine)

    def convert() -> None:
        if draw.random() < 0.4:
            place = {draw.choice("ABC"): draw.choice(VENUES)}
            with writing(engine) as connection:
                sync_venue_types(connection, place)

    ingest_shuffled(engine, build_morning(report, draw), draw, convert)
    convert()
    with reading(engine) as connection:
        assert_rolled_up(connection)


def assert_rolled_up(connection: Connection) -> None:
    unaligned = BreakdownFilter(DAY.starts_at, DAY.ends_at - timedelta(minutes=1))  # reads minutes
    for by in COARSE:
        exact = {tuple(cell.key.values()): as_sums(cell.audience.tally)
                 for cell in breakdown(connection, unaligned, by)}  # fmt: skip
        assert {tuple(one.key.values()): as_sums(one.tally)
                for one in venue_breakdown(connection, DAY, by)} == exact  # fmt: skip
        assert sorted_groups(venue_demographic_groups(connection, DAY, by)) == sorted_groups(
            demographics(connection, unaligned, by)
        )
    for venue_type in VENUES[:2]:
        only = BreakdownFilter(DAY.starts_at, DAY.ends_at, venue_type=venue_type)
        assert [as_sums(one.tally) for one in venue_breakdown(connection, only, ())] == [
            as_sums(cell.audience.tally) for cell in breakdown(connection, only, ())
        ]


def sorted_groups(groups: list[DemographicGroup]) -> list[tuple[Any, ...]]:
    return sorted(
        (*map(str, one.key.values()), one.age, one.gender, one.visits, one.onlookers)
        for one in groups
    )


def test_an_older_database_gets_its_roll_ups_from_its_minutes(
    engine: Engine, report: Reports
) -> None:
    with writing(engine) as connection:
        sync_venue_types(connection, {"A": "station", "B": "mall"})
    without_bands = [
        structs.replace(one, bands=UNSET) for one in build_morning(report, random.Random(7))
    ]
    ingest(engine, without_bands)
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE venue_hours"))
        connection.execute(text("DROP TABLE venue_demographics"))
        for table, column in product(("minute_tallies", "hour_tallies"), BANDS):
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("ALTER TABLE location_venues RENAME TO places"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    upgrade(engine, to="0004")
    with writing(engine) as connection:  # the tables of the steps between are there
        connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    upgrade(engine, to="0010")
    with writing(engine) as connection:  # and so are those of the steps after
        connection.execute(text("ALTER TABLE places RENAME TO location_venues"))
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{HEAD}'"))
    with reading(engine) as connection:
        assert_rolled_up(connection)
        assert len(venue_breakdown(connection, DAY, (Dimension.VENUE_TYPE,))) == 3
