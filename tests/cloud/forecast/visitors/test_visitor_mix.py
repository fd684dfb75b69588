"""The visitor mix is computed from the counted hours and groups of a site, stored and read."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine

from cloud import database
from cloud.forecast.forecaster import forecast
from cloud.forecast.history.hours import ObservedHours
from cloud.forecast.visitors.visitor_mix import (
    VisitorGroup,
    compute_visitor_mix,
    read_visitor_mix,
    store_visitor_mix,
)
from cloud.sites.sites_file import load_sites

SITE = load_sites().location("KX-01")
NOW = datetime(
    2026, 11, 20, tzinfo=UTC
)  # a Friday; no change of clocks in the weeks before but one
TODAY = NOW.date()
NOBODY: frozenset[date] = frozenset()


def counted(engine: Engine, *, visits: int = 100) -> None:
    """Three weeks: a fifth look by day, a half in the evening; everybody stays twelve seconds."""
    hours = [NOW - timedelta(hours=age) for age in range(1, 21 * 24 + 1)]
    with database.writing(engine) as connection:
        connection.execute(
            database.hour_tallies.insert(),
            [
                {
                    "location": SITE.id, "device": "cam", "hour_at": int(at.timestamp()),
                    "observed_ms": 3_600_000, "visits": visits, "dwell_ms": 12_000 * visits,
                    "onlookers": visits // (2 if at.hour >= 18 else 5),
                }
                for at in hours
            ],
        )  # fmt: skip


def grouped(engine: Engine) -> None:
    """One in four is a woman of 25 to 34, three are men of 35 to 44, counted in two minutes."""
    hours = [NOW - timedelta(hours=age) for age in range(1, 21 * 24 + 1)]
    with database.writing(engine) as connection:
        connection.execute(
            database.minute_demographics.insert(),
            [
                {
                    "location": SITE.id, "device": "cam", "age": age, "gender": gender,
                    "minute_at": int(at.timestamp()) + minute * 60, "visits": visits,
                    "onlookers": 0,
                }
                for at in hours
                for minute in (3, 40)
                for age, gender, visits in (("25-34", "female", 5), ("35-44", "male", 15))
            ],
        )  # fmt: skip


def test_rates_stays_and_groups_of_a_site_by_its_local_hour(engine: Engine):
    counted(engine)
    grouped(engine)
    with database.reading(engine) as connection:
        made = compute_visitor_mix(connection, SITE, TODAY, NOBODY)

    assert made is not None
    noon, evening = made.hour(4, 12), made.hour(4, 20)
    assert noon.attention_rate.p50 == pytest.approx(0.2, abs=0.03)
    assert evening.attention_rate.p50 == pytest.approx(0.5, abs=0.03)
    assert noon.dwell_s.p50 == pytest.approx(12)
    groups = dict(noon.groups)
    assert groups[VisitorGroup("25-34", "female")].p50 == pytest.approx(0.25, abs=0.01)
    assert sum(share.p50 for share in groups.values()) == pytest.approx(1)


def test_a_stored_mix_is_read_back(engine: Engine):
    counted(engine)
    grouped(engine)
    with database.writing(engine) as connection:
        made = compute_visitor_mix(connection, SITE, TODAY, NOBODY)
        assert made is not None
        store_visitor_mix(connection, SITE, made)
        store_visitor_mix(connection, SITE, made)
        found = read_visitor_mix(connection, SITE)

    assert found is not None
    assert (found.groups, found.made_on) == (made.groups, TODAY)
    assert np.allclose(found.shares, made.shares)
    assert np.allclose(found.rates, made.rates)


def test_without_visitors_there_is_no_mix_and_without_demographics_no_group(
    engine: Engine,
):
    with database.reading(engine) as connection:
        assert compute_visitor_mix(connection, SITE, TODAY, NOBODY) is None
    counted(engine)
    with database.reading(engine) as connection:
        made = compute_visitor_mix(connection, SITE, TODAY, NOBODY)
    assert made is not None
    assert made.hour(0, 0).groups == ()


def test_a_holiday_has_the_visitors_of_a_sunday(engine: Engine):
    counted(engine)
    with database.reading(engine) as connection:
        made = compute_visitor_mix(connection, SITE, TODAY, NOBODY)
    assert made is not None
    made.rates[0, :, 6 * 24 :] = 0.9  # Sundays
    monday = date(2026, 11, 23)
    hours = ObservedHours.of([])
    forecasted = forecast(SITE, hours, at=NOW, holidays=frozenset({monday}), mix=made)
    found = forecasted.hour_mix(datetime(2026, 11, 23, 12, tzinfo=UTC))

    assert found is not None
    assert found.attention_rate.p50 == 0.9
