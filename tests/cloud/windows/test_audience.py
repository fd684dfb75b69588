"""Ratios are computed from sums; an unobserved interval has none."""

import pytest
from sqlalchemy import Connection

from cloud.windows.query import window_audience
from tests.cloud.windows.minute_rows import MINUTE, NINE, insert_minute


def test_figures_are_ratios_of_sums_and_peak_is_the_highest(connection: Connection) -> None:
    insert_minute(
        connection, "9:00", observed_ms=60_000, person_ms=120_000, looking_ms=30_000, peak=5
    )
    insert_minute(connection, "9:01", observed_ms=30_000, person_ms=15_000, looking_ms=15_000,
                  peak=2, visits=4, onlookers=1, dwell_ms=10_000, dwell_02=4,
                  blind_dark_ms=30_000)  # fmt: skip
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
    insert_minute(connection, "9:00", "kx-01-cam-1", observed_ms=60_000, person_ms=60_000, visits=1)
    insert_minute(
        connection, "9:00", "kx-01-cam-2", observed_ms=60_000, person_ms=180_000, visits=2
    )
    audience = window_audience(connection, "KX-01", starts_at=NINE, ends_at=NINE + MINUTE)
    assert (audience.cameras, audience.crowd, audience.tally.visits) == (2, 2.0, 3)
    assert audience.observed_share == 1.0


def test_unobserved_minutes_are_missing_and_minutes_without_visitors_are_zero(
    connection: Connection,
) -> None:
    insert_minute(connection, "9:00", observed_ms=60_000)
    insert_minute(connection, "9:01", blind_dark_ms=60_000)
    empty = window_audience(connection, "KX-01", starts_at=NINE, ends_at=NINE + MINUTE)
    unobserved = window_audience(
        connection, "KX-01", starts_at=NINE + MINUTE, ends_at=NINE + 2 * MINUTE
    )
    missing = window_audience(connection, "KX-01", starts_at=NINE - MINUTE, ends_at=NINE)
    assert (empty.crowd, unobserved.crowd, missing.crowd) == (0.0, None, None)
    assert (empty.observed_share, unobserved.observed_share, missing.observed_share) == (
        1.0,
        0.0,
        0.0,
    )
