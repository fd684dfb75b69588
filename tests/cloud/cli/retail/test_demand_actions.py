"""The actions of demand take their lake from the environment and load their work when run."""

import argparse
import sys
from types import ModuleType

import pytest

from cloud.cli.retail.demand_actions import add_actions


@pytest.mark.parametrize(
    ("words", "action"),
    [
        (["marts", "--since", "2026-01-01"], "build_marts"),
        (["train", "--tune"], "train_models"),
        (["backtest", "--models", "shrunk"], "compare_models"),
        (["models"], "list_models"),
    ],
)
def test_each_action_calls_its_work(words, action, monkeypatch):
    work = ModuleType("demand_work")
    setattr(work, action, action)
    work.run_refusing = lambda found, engine, arguments: 7 if found == action else 0
    monkeypatch.setitem(sys.modules, "cloud.cli.retail.demand_work", work)
    parser = argparse.ArgumentParser()
    add_actions(parser.add_subparsers())
    arguments = parser.parse_args(words)
    assert arguments.perform(None, arguments) == 7
