"""A harmful experiment is raised with how to roll it back, once its limits are below zero."""

from cloud.alerting.rules import AlertKind
from cloud.analytics.retail.experiment_alerts import ExperimentMeasures
from tests.cloud.analytics.retail.test_experiment_results import sell, started
from tests.cloud.rates import sites
from tests.cloud.sales.retail.test_experiment_steps import DAY, NEW

__all__ = ["started"]


def test_a_harmful_experiment_has_a_measure_that_says_how_to_stop_it(started) -> None:
    connection, experiment = started
    source = ExperimentMeasures()
    assert source(connection, sites(), NEW.starts_at) == []
    sell(connection, experiment, 1.02, 380)
    [measure] = source(connection, sites(), NEW.ends_at - DAY)
    assert (measure.kind, measure.value) == (AlertKind.EXPERIMENT_HARM, 1.0)
    assert (measure.location, measure.device) == ("", experiment.id)
    assert f"/api/retail/experiments/{experiment.id}/stop" in measure.message
    assert "expected no loss, since 2026-11-20" in measure.message
    assert source(connection, sites(), NEW.ends_at) == []


def test_an_experiment_without_an_effect_is_not_raised(started) -> None:
    connection, experiment = started
    sell(connection, experiment, 1.13, 380)
    [measure] = ExperimentMeasures()(connection, sites(), NEW.ends_at - DAY)
    assert measure.value == 0.0
