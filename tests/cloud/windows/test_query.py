"""Windows are exact sums of minutes; unobserved windows are absent, never zero."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from cloud.database import hour_tallies
from cloud.windows.query import HourRow, WindowError, hourly, window_audience, windows
from tests.cloud.windows.minute_rows import MINUTE, NINE, insert_minute


def spans(
    connection: Connection,
    window: str,
    clock_from: str,
    clock_until: str,
    step: str | None = None,
) -> list[str]:
    found = windows(
        connection,
        "KX-01",
        window=window,  # type: ignore[arg-type]
        step=step,  # type: ignore[arg-type]
        starts_at=datetime.fromisoformat(f"2026-11-20T{clock_from}:00Z"),
        ends_at=datetime.fromisoformat(f"2026-11-20T{clock_until}:00Z"),
    )
    return [f"{one.starts_at:%H:%M}-{one.ends_at:%H:%M} {one.tally.visits}" for one in found]


def test_an_end_belongs_to_the_next_window(connection: Connection) -> None:
    #  09:00      09:05      09:10
    #    [----------)[---------)
    #             1  2        4 8
    insert_minute(connection, "9:04", visits=1)
    insert_minute(connection, "9:05", visits=2)
    insert_minute(connection, "9:09", visits=4)
    insert_minute(connection, "9:10", visits=8)
    assert spans(connection, "5m", "09:00", "09:10") == ["09:00-09:05 1", "09:05-09:10 6"]


def test_a_minute_is_in_every_sliding_window_that_covers_it(connection: Connection) -> None:
    #  08:50   08:55   09:00   09:05   09:10   09:15   09:20
    #    [-----------------------)
    #            [-----------------------)
    #                    [-----------------------)
    #                      1       2
    insert_minute(connection, "9:01", visits=1)
    insert_minute(connection, "9:06", visits=2)
    assert spans(connection, "15m", "08:50", "09:20", step="5m") == [
        "08:50-09:05 1",
        "08:55-09:10 3",
        "09:00-09:15 3",
        "09:05-09:20 2",
    ]


def test_the_last_window_ends_where_the_stretch_does(connection: Connection) -> None:
    insert_minute(connection, "9:06", visits=2)
    insert_minute(connection, "9:07", visits=4)
    assert spans(connection, "5m", "09:03", "09:07") == ["09:05-09:07 2"]


def test_an_hour_of_an_hour_is_one_window_and_its_visits_are_those_that_were_counted(
    connection: Connection,
) -> None:
    for clock in ("9:00", "9:30", "9:59", "10:00"):
        insert_minute(connection, clock, visits=1)
    assert spans(connection, "1h", "09:00", "10:00") == ["09:00-10:00 3"]
    assert spans(connection, "15m", "09:00", "10:00") == [
        "09:00-09:15 1", "09:30-09:45 1", "09:45-10:00 1",
    ]  # fmt: skip


def test_no_sliding_window_ends_after_the_stretch(connection: Connection) -> None:
    for clock in ("9:00", "9:55", "10:30"):
        insert_minute(connection, clock, visits=1)
    assert spans(connection, "1h", "09:00", "10:00", step="5m") == ["09:00-10:00 2"]


def test_a_step_that_leaves_gaps_is_refused(connection: Connection) -> None:
    with pytest.raises(WindowError, match="leaves gaps"):
        spans(connection, "5m", "09:00", "10:00", step="15m")


def test_unobserved_hours_and_hours_without_reports_are_missing(connection: Connection) -> None:
    def hour(clock: int, device: str = "kx-01-cam-1", **sums: int) -> None:
        at = int(NINE.replace(hour=clock).timestamp())
        connection.execute(
            hour_tallies.insert().values(location="KX-01", device=device, hour_at=at, **sums)
        )

    hour(9, observed_ms=50_000, person_ms=7_000, blind_flat_ms=10_000, blind_dark_ms=2_000)
    hour(9, "kx-01-sim", observed_ms=60_000, person_ms=1_000, visits=3)
    hour(10, blind_dark_ms=60_000)
    hour(12, observed_ms=60_000)
    assert hourly(connection, "KX-01", since_at=NINE, until_at=NINE + timedelta(hours=3)) == [
        HourRow(
            hour_at=NINE,
            cameras=2,
            observed_ms=110_000,
            blind_ms=12_000,
            person_ms=8_000,
            looking_ms=0,
            entries=0,
            visits=3,
            onlookers=0,
            dwell_ms=0,
        )
    ]


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "sentence"),
    [
        (NINE, NINE, "ends .* before it has started"),
        (NINE.replace(tzinfo=None), NINE + MINUTE, "no time zone"),
    ],
)
def test_senseless_stretches_are_refused(
    connection: Connection, starts_at: datetime, ends_at: datetime, sentence: str
) -> None:
    with pytest.raises(WindowError, match=sentence):
        window_audience(connection, "KX-01", starts_at=starts_at, ends_at=ends_at)
