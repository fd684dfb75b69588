"""Stored hours that are extended equal the hours of a full reading."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, event, update

from cloud import database
from cloud.forecast.history import history_store
from cloud.forecast.history.history_store import AFRESH, LOOK_BACK_W
from cloud.sites.sites_file import load_sites

SITE = load_sites().location("KX-01")
FIRST_AT = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = 60


@pytest.fixture(autouse=True)
def counted(engine: Engine) -> None:
    hours = [FIRST_AT + timedelta(hours=hour) for hour in range(DAYS * 24)]
    with database.writing(engine) as connection:
        connection.execute(
            database.hour_tallies.insert(),
            [
                {
                    "location": SITE.id, "device": "cam", "hour_at": int(at.timestamp()),
                    "observed_ms": 3_600_000, "entries": number, "person_ms": 9000 * number,
                }
                for number, at in enumerate(hours)
            ],
        )  # fmt: skip


def due_day(offset: int) -> int:
    """The day of the test's stretch, `offset` days after one on which the site is read in full."""
    days = (FIRST_AT.date() + timedelta(days=day) for day in range(31, 45))
    return next(day for day, on in enumerate(days, 31) if history_store._is_due(SITE, on)) + offset


def test_topped_up_hours_are_those_of_a_full_reading_over_a_change_of_clocks(engine: Engine):
    first_on = FIRST_AT.date() + timedelta(days=due_day(0))
    days = [first_on + timedelta(days=day) for day in range(14)]
    with database.writing(engine) as connection:
        first = history_store.read_history(connection, SITE, first_on)
        history_store.store_histories(connection, {SITE.id: (SITE, first)})
        for day in days[1:]:
            topped = history_store.read_history(connection, SITE, day)
            whole = history_store._read(connection, SITE, day, LOOK_BACK_W, first.cameras)

            assert not topped.is_new
            assert topped.series.first_on == whole.series.first_on
            assert np.allclose(topped.series.values, whole.series.values, rtol=1e-6, equal_nan=True)
        next_time = history_store.read_history(connection, SITE, first_on + timedelta(days=14))
    assert first.is_new
    assert next_time.is_new


def test_a_topping_up_reads_three_weeks_of_hours_not_three_years(engine: Engine):
    first_on = FIRST_AT.date() + timedelta(days=due_day(0))
    asked: list[object] = []
    with database.writing(engine) as connection:
        found = history_store.read_history(connection, SITE, first_on)
        history_store.store_histories(connection, {SITE.id: (SITE, found)})
        event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[3]))
        history_store.read_history(connection, SITE, first_on + timedelta(days=3))

    location, since, until = tuple(asked[-1])[:3]  # type: ignore[arg-type]
    assert location == SITE.id
    assert until - since <= (AFRESH + timedelta(days=10)).total_seconds()


def test_late_reports_of_a_camera_are_in_the_history_within_two_weeks(engine: Engine):
    first_on = FIRST_AT.date() + timedelta(days=due_day(0))
    with database.writing(engine) as connection:
        found = history_store.read_history(connection, SITE, first_on)
        history_store.store_histories(connection, {SITE.id: (SITE, found)})
        early = int((FIRST_AT + timedelta(hours=12)).timestamp())
        hours = database.hour_tallies
        connection.execute(update(hours).where(hours.c.hour_at == early).values(entries=999))
        found = [
            np.nanmax(history_store.read_history(connection, SITE, first_on + timedelta(days=day))
                      .series.values[1, : -(due_day(0) + day - 1) * 24])
            for day in (1, 14)
        ]  # fmt: skip

    assert found[0] < 999
    assert found[1] == 999
