"""Windows are exact sums of minutes; what nobody saw is absent, never zero."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from cloud.database import hour_tallies, minute_tallies, writing
from cloud.windows.query import HourRow, WindowError, hourly, window_audience, windows

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with writing(engine) as connection:
        yield connection


def minute(connection: Connection, clock: str, device: str = "kx-01-cam-1", **sums: int) -> None:
    hour, past = clock.split(":")
    at = NINE.replace(hour=int(hour), minute=int(past))
    connection.execute(
        minute_tallies.insert().values(
            location="KX-01", device=device, minute_at=int(at.timestamp()), reports=1, **sums
        )
    )


def spans(connection: Connection, window: str, clock_from: str, clock_until: str) -> list[str]:
    found = windows(
        connection,
        "KX-01",
        window=window,  # type: ignore[arg-type]
        starts_at=datetime.fromisoformat(f"2026-11-20T{clock_from}:00Z"),
        ends_at=datetime.fromisoformat(f"2026-11-20T{clock_until}:00Z"),
    )
    return [f"{one.starts_at:%H:%M}-{one.ends_at:%H:%M} {one.tally.visits}" for one in found]


def test_an_end_belongs_to_the_next_window(connection: Connection) -> None:
    #  09:00      09:05      09:10
    #    [----------)[---------)
    #             1  2        4 8
    minute(connection, "9:04", visits=1)
    minute(connection, "9:05", visits=2)
    minute(connection, "9:09", visits=4)
    minute(connection, "9:10", visits=8)
    assert spans(connection, "5m", "09:00", "09:10") == ["09:00-09:05 1", "09:05-09:10 6"]


def test_sliding_windows_hold_a_minute_in_every_overlap(connection: Connection) -> None:
    #  08:50   08:55   09:00   09:05   09:10   09:15   09:20
    #    [-----------------------)
    #            [-----------------------)
    #                    [-----------------------)
    #                      1       2
    minute(connection, "9:01", visits=1)
    minute(connection, "9:06", visits=2)
    assert spans(connection, "15m", "08:50", "09:20") == [
        "08:50-09:05 1",
        "08:55-09:10 3",
        "09:00-09:15 3",
        "09:05-09:20 2",
    ]


def test_a_window_that_is_still_running_is_given(connection: Connection) -> None:
    minute(connection, "9:06", visits=2)
    assert spans(connection, "5m", "09:03", "09:07") == ["09:05-09:10 2"]


def test_figures_are_ratios_of_sums_and_peak_is_the_highest(connection: Connection) -> None:
    minute(connection, "9:00", observed_ms=60_000, person_ms=120_000, looking_ms=30_000, peak=5)
    minute(connection, "9:01", observed_ms=30_000, person_ms=15_000, looking_ms=15_000, peak=2,
           visits=4, onlookers=1, dwell_ms=10_000, dwell_02=4, blind_dark_ms=30_000)  # fmt: skip
    audience = window_audience(connection, "KX-01", starts_at=NINE, ends_at=NINE + 2 * MINUTE)
    assert audience.crowd == pytest.approx(135 / 90)
    assert audience.tally.peak == 5
    assert audience.looking_share == pytest.approx(45 / 135)
    assert audience.attention_rate == 0.25
    assert audience.dwell_mean_ms == 2_500
    assert audience.dwell_quantile_ms(0.5) == 2_500
    assert audience.observed_share == 0.75
    assert audience.tally.blind_ms["dark"] == 30_000


def test_two_cameras_share_the_view_but_add_their_visits(connection: Connection) -> None:
    minute(connection, "9:00", "kx-01-cam-1", observed_ms=60_000, person_ms=60_000, visits=1)
    minute(connection, "9:00", "kx-01-cam-2", observed_ms=60_000, person_ms=180_000, visits=2)
    audience = window_audience(connection, "KX-01", starts_at=NINE, ends_at=NINE + MINUTE)
    assert (audience.cameras, audience.crowd, audience.tally.visits) == (2, 2.0, 3)
    assert audience.observed_share == 1.0


def test_nobody_could_see_is_not_nobody_came(connection: Connection) -> None:
    minute(connection, "9:00", observed_ms=60_000)
    minute(connection, "9:01", blind_dark_ms=60_000)
    empty = window_audience(connection, "KX-01", starts_at=NINE, ends_at=NINE + MINUTE)
    blind = window_audience(connection, "KX-01", starts_at=NINE + MINUTE, ends_at=NINE + 2 * MINUTE)
    silent = window_audience(connection, "KX-01", starts_at=NINE - MINUTE, ends_at=NINE)
    assert (empty.crowd, blind.crowd, silent.crowd) == (0.0, None, None)
    assert (empty.observed_share, blind.observed_share, silent.observed_share) == (1.0, 0.0, 0.0)


def test_blind_and_silent_hours_are_missing(connection: Connection) -> None:
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
    ("starts_at", "ends_at", "said"),
    [
        (NINE, NINE, "ends .* before it has started"),
        (NINE.replace(tzinfo=None), NINE + MINUTE, "no time zone"),
    ],
)
def test_senseless_stretches_are_refused(
    connection: Connection, starts_at: datetime, ends_at: datetime, said: str
) -> None:
    with pytest.raises(WindowError, match=said):
        window_audience(connection, "KX-01", starts_at=starts_at, ends_at=ends_at)
