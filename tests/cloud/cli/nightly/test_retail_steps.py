"""Drift of the demand is a note of the nightly run; without points the steps do nothing."""

from dataclasses import replace

import pytest

from cloud.cli.nightly.retail_steps import list_notes
from cloud.forecast.retail.panel import SeriesCounts
from cloud.forecast.retail.training import TrainedDemand
from tests.cloud.forecast.retail.test_demand_versions import FIRST


@pytest.mark.parametrize(
    ("drift", "expected"),
    [
        ({}, []),
        ({"error_ratio": 1.1, "is_drifted": False}, []),
        (
            {"error_ratio": 1.6, "is_drifted": True},
            ["demand has drifted (error_ratio 1.6): shrunk-1@2026-11-30 was chosen again"],
        ),
    ],
)
def test_drift_is_noted(drift, expected):
    version = replace(FIRST, drift=drift)
    trained = TrainedDemand(version, [], SeriesCounts(1, 0, 0, 0), is_new_choice=True)
    assert list_notes(trained) == expected
