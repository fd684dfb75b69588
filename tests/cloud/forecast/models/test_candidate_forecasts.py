"""Every nightly model of the registry forecasts all sites; an incomplete site has the default."""

from datetime import date, timedelta

import msgspec
import numpy as np
import pytest

from cloud.forecast.history.history_store import MEASURES, CameraNotes, SiteHistory
from cloud.forecast.history.observations import SiteObservations
from cloud.forecast.models.boosted import TrainedModel
from cloud.forecast.models.candidate_forecasts import (
    CandidateForecasts,
    forecast_candidates,
    select_site_rows,
)
from cloud.forecast.models.naive import SeasonalNaive
from cloud.forecast.models.registry import REGISTRY, ModelEntry, forecast_from_history
from cloud.forecast.network import build_site_network
from cloud.forecast.series import WEEK_H, ClockSeries
from cloud.forecast.signals import Signals
from tests.cloud.forecast.models.station_series import spell
from tests.cloud.rates import sites

TODAY = date(2026, 11, 20)
SITE = sites().location("KX-01")
FIRST_ON = TODAY - timedelta(weeks=20)


class Doubled(SeasonalNaive):
    """Twice the last week."""

    name = "doubled"

    def week(self, history, holidays):
        return 2 * super().week(history, holidays)


def observe(name: str, values: np.ndarray, odd: np.ndarray | None = None) -> SiteObservations:
    """A site with these hours in all measures."""
    site = msgspec.structs.replace(SITE, id=name)
    series = ClockSeries(FIRST_ON, np.tile(values, (MEASURES, 1)), odd)
    history = SiteHistory(series, CameraNotes(), estimated=0.0, is_new=True)
    return SiteObservations.of(site, history, frozenset())


def forecast(
    *observed: SiteObservations, trained: TrainedModel | None = None, **signals: Signals
) -> CandidateForecasts:
    network = build_site_network(SITE, TODAY)
    return forecast_candidates(network, observed, trained, signals)


@pytest.fixture
def doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = ModelEntry(Doubled, nightly=forecast_from_history(Doubled))
    monkeypatch.setitem(REGISTRY, "doubled", entry)


@pytest.mark.usefixtures("doubled")
def test_a_registered_model_is_compared_by_the_nightly_run():
    found = forecast(observe("KX-01", np.tile(np.arange(168.0), 20)))

    assert found.list_models(0) == ["recent", "doubled"]
    assert found.of_site("doubled", 0)[1, 1] == pytest.approx(2 * np.arange(168.0))


@pytest.mark.usefixtures("doubled")
def test_each_site_has_the_rows_of_its_own_measures():
    hours = np.tile(np.arange(1.0, 169.0), 20)
    found = forecast(observe("A", hours), observe("B", 10 * hours))

    assert found.weeks["doubled"].shape == (2 * MEASURES, 3, WEEK_H)
    assert found.of_site("doubled", 0).shape == (MEASURES, 3, WEEK_H)
    assert found.of_site("doubled", 1)[:, 1] == pytest.approx(
        10 * found.of_site("doubled", 0)[:, 1]
    )
    assert select_site_rows(np.arange(2.0 * MEASURES), 1).tolist() == [4, 5, 6, 7]


@pytest.mark.usefixtures("doubled")
def test_a_site_with_too_few_of_its_last_weeks_has_the_default_model_alone():
    whole = np.tile(np.arange(1.0, 169.0), 20)
    incomplete = whole.copy()
    incomplete[-2 * WEEK_H :] = np.nan  # half of the last four weeks
    found = forecast(observe("A", whole), observe("B", incomplete))

    assert found.has_recent_weeks.tolist() == [True, False]
    assert found.list_models(0) == ["recent", "doubled"]
    assert found.list_models(1) == ["recent"]


def test_without_a_trained_model_there_is_no_blend():
    assert list(forecast(observe("A", np.full(20 * WEEK_H, 9.0))).weeks) == ["recent"]


def test_signals_move_the_weeks_of_their_own_site_alone_and_not_the_plain_week():
    days = [FIRST_ON + timedelta(days=7 * week + 3) for week in range(21)]
    hours = np.random.default_rng(1).lognormal(4, 0.05, 20 * WEEK_H)
    signals = Signals(("event",), tuple(spell("event", day, 1.0) for day in days[5::3]))
    for day in days[5:20:3]:
        start = (day - FIRST_ON).days * 24 + 10
        hours[start : start + 6] *= 2
    found = forecast(observe("A", hours), observe("B", hours), A=signals)
    coming = slice(3 * 24 + 10, 3 * 24 + 16)

    recent = found.weeks["recent"]
    assert recent[MEASURES:] == pytest.approx(found.plain.coming[MEASURES:])
    assert (recent[:MEASURES, 1, coming] > 1.05 * found.plain.coming[:MEASURES, 1, coming]).all()


def test_odd_hours_of_one_site_are_not_those_of_another():
    hours = np.tile([10.0] * 12 + [50.0] * 12, 20 * 7)
    christmas = frozenset({TODAY - timedelta(days=3)})
    site = msgspec.structs.replace(SITE, id="A")
    values = np.tile(hours, (MEASURES, 1))
    values[:, -3 * 24 + 5] = 80.0  # possible at the site, and unusual at that hour of a holiday
    series = ClockSeries(FIRST_ON, values)
    history = SiteHistory(series, CameraNotes(), estimated=0.0, is_new=True)
    odd = SiteObservations.of(site, history, christmas)
    assert odd.series.odd is not None

    both = forecast(odd, observe("B", hours))
    alone = forecast(observe("B", hours))
    assert both.of_site("recent", 1) == pytest.approx(alone.of_site("recent", 0))
