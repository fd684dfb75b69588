"""A model of the registry is offered by backtests and compared by the nightly run."""

import argparse

from cloud.cli import backtest
from cloud.forecast.models.registry import (
    REGISTRY,
    model_version,
)


def test_every_model_is_registered_under_its_own_name():
    assert {name: entry.build().name for name, entry in REGISTRY.items()} == {
        name: name for name in REGISTRY
    }


def test_versions_name_the_model_and_its_version():
    assert (model_version("recent"), model_version("blend")) == ("recent-3", "blend-4")


def test_backtests_offer_every_registered_model():
    parser = argparse.ArgumentParser()
    backtest.add_arguments(parser)
    chosen = parser.parse_args(["file.csv", "--models", *REGISTRY])

    assert chosen.models == list(REGISTRY)
    assert parser.parse_args(["file.csv"]).models == ["naive", "median", "recent"]
