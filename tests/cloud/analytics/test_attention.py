"""Analyses over counted hours: local days, observed shares, and hours of the week."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cloud.analytics.analytics_query import AnalyticsQuery
from cloud.analytics.attention import compute_effectiveness, compute_site_rates, compute_week
from cloud.analytics.rate_cell import CellState
from cloud.database import reading, writing
from tests.cloud.analytics.counted_hours import NOW, CountedHour, store_hours
from tests.cloud.databases import new_engine
from tests.cloud.rates import sites

HOURS = [
    *(CountedHour(ago, 8, viewers=15 + ago % 3, location="KX-01") for ago in range(1, 15)),
    *(CountedHour(ago, 8, viewers=30 + ago % 5, location="LB-01") for ago in range(1, 15)),
    *(CountedHour(ago, 8, viewers=45 - ago % 7, location="WA-01") for ago in range(1, 9)),
    CountedHour(0, 8, viewers=100),  # today is never included
    CountedHour(1, 20, visits=4, viewers=4),
    CountedHour(2, 8, visits=9, viewers=3, location="OX-01"),
]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    engine = new_engine(tmp_path_factory.mktemp("analytics"))
    with writing(engine) as connection:
        store_hours(connection, HOURS)
    with reading(engine) as connection:
        yield connection
    engine.dispose()


def test_each_location_has_a_rate_or_a_reason_for_none(connection: Connection) -> None:
    asked = AnalyticsQuery(days=14, hour_from=8, hour_until=9)
    found = {one.site.id: one.cell for one in compute_site_rates(connection, sites(), asked, NOW)}
    kings_cross = found["KX-01"]
    assert kings_cross.rate is not None
    assert (kings_cross.rate.days, kings_cross.sums.visits) == (14, 1400)
    assert kings_cross.rate.value == pytest.approx(16 / 100, abs=0.002)
    assert kings_cross.sums.observed_share == 1.0
    assert found["WA-01"].sums.observed_share == pytest.approx(8 / 14)
    assert (found["OX-01"].state, found["OX-01"].rate) == (CellState.SUPPRESSED, None)
    assert (found["CW-01"].state, found["CW-01"].rate) == (CellState.NOT_OBSERVED, None)


def test_the_week_shows_what_was_not_observed(connection: Connection) -> None:
    asked = AnalyticsQuery(days=14, location=("KX-01",))
    found = compute_week(connection, sites(), asked, NOW)
    assert len(found) == 7 * 24
    thursday = (NOW - timedelta(days=1)).isoweekday()
    assert found[thursday, 8].state is CellState.MEASURED
    assert found[thursday, 8].sums.visits == 200
    assert found[thursday, 20].state is CellState.SUPPRESSED
    assert found[thursday, 20].sums.observed_share == 0.5
    assert found[thursday, 9].state is CellState.NOT_OBSERVED


def test_locations_are_ranked_with_their_uncertainty(connection: Connection) -> None:
    asked = AnalyticsQuery(days=14, hour_from=8, hour_until=9)
    found = compute_effectiveness(connection, sites(), asked, NOW).shrunk
    assert found is not None
    assert set(found.locations) == {"KX-01", "LB-01", "WA-01"}
    assert [found.locations[name].rank for name in ("WA-01", "LB-01", "KX-01")] == [1, 2, 3]
    assert found.locations["KX-01"].rank_best == 3
    widths = {name: one.high - one.low for name, one in found.locations.items()}
    assert widths["WA-01"] == max(widths.values())  # the fewest days
