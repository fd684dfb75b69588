"""Hours of the local clock are exact sums of minutes, whatever the zone's offset."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from cloud.database import reading, writing
from cloud.ingest import report_store
from cloud.ingest.minute_sums import MinuteSums
from cloud.windows.local_hours import has_whole_hours, local_hour_sums, offset_spans
from wire.audience import AudienceReport

KOLKATA, LONDON = ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

Reports = Callable[..., AudienceReport]


def count(engine: Engine, reports: list[AudienceReport]) -> None:
    tallies = MinuteSums()
    for report in reports:
        tallies.add(report)
    with writing(engine) as connection:
        report_store.add_sums(connection, tallies, NOW)


def visits(
    engine: Engine, zone: ZoneInfo, since_at: datetime, until_at: datetime
) -> dict[str, int]:
    with reading(engine) as connection:
        rows = local_hour_sums(
            connection, "KX-01", zone, since_at=since_at, until_at=until_at, names=("visits",)
        )
    return {
        f"{datetime.fromtimestamp(starts_s, zone):%H:%M%z}": count
        for starts_s, _device, count in rows
    }


def test_a_half_hour_zone_divides_a_crowd_between_its_own_hours(
    engine: Engine, report: Reports
) -> None:
    """A crowd from 07:30 until 08:30 in Kolkata, which is 02:00 until 03:00 UTC."""
    opens = datetime(2026, 11, 20, 7, 30, tzinfo=KOLKATA).astimezone(UTC)
    count(engine, [report(n + 1, starts_at=opens + timedelta(minutes=n), visits=1)
                   for n in range(60)])  # fmt: skip
    day = datetime(2026, 11, 20, tzinfo=KOLKATA)
    assert visits(engine, KOLKATA, day, day + timedelta(days=1)) == {
        "07:00+0530": 30,
        "08:00+0530": 30,
    }


def test_a_zone_of_whole_hours_reads_the_hours(engine: Engine, report: Reports) -> None:
    opens = datetime(2026, 11, 20, 7, 30, tzinfo=LONDON).astimezone(UTC)
    count(engine, [report(n + 1, starts_at=opens + timedelta(minutes=n), visits=1)
                   for n in range(60)])  # fmt: skip
    day = datetime(2026, 11, 20, tzinfo=LONDON)
    assert visits(engine, LONDON, day, day + timedelta(days=1)) == {
        "07:00+0000": 30,
        "08:00+0000": 30,
    }


@pytest.mark.parametrize(
    ("name", "day", "offsets"),
    [
        ("Europe/London", datetime(2026, 10, 25, tzinfo=UTC), [3600, 0]),
        ("America/St_Johns", datetime(2026, 11, 1, tzinfo=UTC), [-9000, -12600]),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, tzinfo=UTC), [39600, 37800]),
        ("Asia/Kathmandu", datetime(2026, 4, 4, tzinfo=UTC), [20700]),
    ],
)
def test_a_change_of_offset_divides_the_stretch(
    name: str, day: datetime, offsets: list[int]
) -> None:
    found = offset_spans(ZoneInfo(name), day - timedelta(days=20), day + timedelta(days=20))
    assert [span.offset_s for span in found] == offsets
    assert found[0].end_s - found[0].first_s + sum(
        span.end_s - span.first_s for span in found[1:]
    ) == 40 * 86_400  # fmt: skip


def test_minutes_and_hours_add_up_to_the_same_across_a_change_of_offset(
    engine: Engine, report: Reports
) -> None:
    zone = ZoneInfo("America/St_Johns")
    opens = datetime(2026, 11, 1, tzinfo=zone).astimezone(UTC)
    made = [report(n + 1, starts_at=opens + timedelta(minutes=5 * n), visits=1) for n in range(300)]
    count(engine, made)
    found = visits(engine, zone, opens, opens + timedelta(hours=25))
    assert sum(found.values()) == 300
    assert len(found) == 25
    assert set(found.values()) == {12}


def test_whole_hours_are_recognised_by_the_offset() -> None:
    year = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert has_whole_hours(LONDON, *year)
    assert not has_whole_hours(KOLKATA, *year)
    assert not has_whole_hours(ZoneInfo("Australia/Lord_Howe"), *year)
