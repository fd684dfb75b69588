"""The nightly training stores estimates, and keeps its choice for a week or until drift."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine

from cloud.database import reading
from cloud.forecast.retail import model_choice, training
from cloud.forecast.retail.demand_versions import read_active_version, read_versions
from cloud.forecast.retail.drift import DriftReport
from cloud.forecast.retail.estimates import read_estimates
from cloud.forecast.retail.models.registry import DEMAND_MODELS
from cloud.forecast.retail.models.shrunk import ShrunkSettings
from cloud.forecast.retail.training import NoSalesError, train_demand
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks

pytestmark = SQLITE_ONLY
NIGHT = datetime(2026, 11, 30, 3, tzinfo=UTC)
PANEL = simulate_weeks(products=2, stores=3, weeks=60).panel
QUICK = {name: DEMAND_MODELS[name] for name in ("series-mean", "chain-slopes", "shrunk")}
NO_DRIFT = DriftReport(1.0, 0.0, 0.0)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Without the models of other libraries, and without drift of a short history."""
    monkeypatch.setattr(model_choice, "DEMAND_MODELS", QUICK)
    monkeypatch.setattr(training, "measure_drift", lambda *_: NO_DRIFT)


def test_a_training_stores_the_version_its_scores_and_the_estimates(engine: Engine):
    found = train_demand(engine, PANEL, now=NIGHT)
    with reading(engine) as connection:
        estimates, version = read_estimates(connection), read_active_version(connection)
    assert estimates == sorted(found.estimates, key=lambda one: (one.product, one.store))
    assert len(estimates) == 6
    assert version == found.version
    assert version.version == "shrunk-1@2026-11-30"
    assert set(version.scores["models"]) == set(QUICK)
    assert version.scores["test"]["wmape"] < 0.5
    assert found.is_new_choice
    assert found.counts.used == version.weeks


def test_a_choice_holds_for_a_week_and_estimates_are_made_every_night(engine: Engine):
    train_demand(engine, PANEL, now=NIGHT)
    second = train_demand(engine, PANEL, now=NIGHT + timedelta(days=1))
    assert not second.is_new_choice
    assert second.version.version == "shrunk-1@2026-11-30"
    assert {one.as_of for one in second.estimates} == {(NIGHT + timedelta(days=1)).date()}
    third = train_demand(engine, PANEL, now=NIGHT + timedelta(days=7))
    assert third.version.version == "shrunk-1@2026-12-07"
    with reading(engine) as connection:
        assert [one.status for one in read_versions(connection)] == ["active", "retired"]
        assert len(read_estimates(connection)) == 6


def test_drift_settings_and_a_request_choose_again(engine: Engine, monkeypatch):
    train_demand(engine, PANEL, now=NIGHT)
    assert train_demand(engine, PANEL, now=NIGHT, choose=True).is_new_choice
    own = ShrunkSettings(cross_sd=0.2)
    tuned = train_demand(engine, PANEL, now=NIGHT, settings=own)
    assert tuned.version.settings["cross_sd"] == 0.2
    monkeypatch.setattr(training, "measure_drift", lambda *_: DriftReport(2.0, 0.0, 0.0))
    drifted = train_demand(engine, PANEL, now=NIGHT + timedelta(days=1))
    assert drifted.is_new_choice
    assert drifted.version.drift["error_ratio"] == 2.0
    assert drifted.version.settings["cross_sd"] == 0.2


def test_a_short_history_gets_the_default_without_scores(engine: Engine):
    few = PANEL.between(0, int(PANEL.week.min()) + 15)
    found = train_demand(engine, few, now=NIGHT)
    assert (found.version.model, found.version.scores) == ("shrunk", {})


def test_no_sales_are_refused(engine: Engine):
    empty = replace(PANEL, units=np.zeros(len(PANEL)))
    with pytest.raises(NoSalesError, match="load price points"):
        train_demand(engine, empty, now=NIGHT)
