"""A model of the registry is offered by backtests and compared by the nightly run."""

import argparse
from datetime import date

import numpy as np
import pytest

from cloud.cli import backtest
from cloud.forecast.history.history_store import CameraNotes, SiteHistory
from cloud.forecast.history.observations import SiteObservations
from cloud.forecast.models.candidate_forecasts import forecast_candidates
from cloud.forecast.models.naive import SeasonalNaive
from cloud.forecast.models.registry import (
    REGISTRY,
    ModelEntry,
    forecast_from_history,
    model_version,
)
from cloud.forecast.network import build_site_network
from cloud.forecast.series import ClockSeries
from tests.cloud.rates import sites

TODAY = date(2026, 11, 20)


class Doubled(SeasonalNaive):
    """Twice the last week."""

    name = "doubled"

    def week(self, history, holidays):
        return 2 * super().week(history, holidays)


def test_every_model_is_registered_under_its_own_name():
    assert {name: entry.build().name for name, entry in REGISTRY.items()} == {
        name: name for name in REGISTRY
    }


def test_versions_name_the_model_and_its_version():
    assert (model_version("recent"), model_version("blend")) == ("recent-3", "blend-4")


def test_a_registered_model_is_compared_by_the_nightly_run(monkeypatch: pytest.MonkeyPatch):
    entry = ModelEntry(Doubled, nightly=forecast_from_history(Doubled))
    monkeypatch.setitem(REGISTRY, "doubled", entry)
    site = sites().location("KX-01")
    values = np.tile(np.arange(168.0), (4, 20))
    history = SiteHistory(
        ClockSeries(date(2026, 7, 3), values), CameraNotes(), estimated=0.0, is_new=True
    )
    observed = SiteObservations.of(site, history, frozenset())
    found = forecast_candidates(build_site_network(site, TODAY), [observed], None, {})

    assert found.list_models(0) == ["recent", "doubled"]
    assert found.of_site("doubled", 0)[1, 1] == pytest.approx(2 * np.arange(168.0))


def test_backtests_offer_every_registered_model():
    parser = argparse.ArgumentParser()
    backtest.add_arguments(parser)
    chosen = parser.parse_args(["file.csv", "--models", *REGISTRY])

    assert chosen.models == list(REGISTRY)
    assert parser.parse_args(["file.csv"]).models == ["naive", "median", "recent"]
