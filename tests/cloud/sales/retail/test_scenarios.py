"""Saved scenarios: listed by pages, deleted with an entry in the audit log."""

from datetime import timedelta

import pytest

from cloud.auth.audit import audit_log
from cloud.sales.retail import scenarios
from cloud.sales.retail.scenarios import (
    SavedScenario,
    ScenarioPosition,
    TooManyScenariosError,
    UnknownScenarioError,
    delete_scenario,
    find_scenario,
    list_scenarios,
    retail_scenarios,
    save_scenario,
)
from tests.cloud.memory_database import in_memory
from tests.cloud.sales.retail.retail_rows import NOON


def make(name: str, product: str = "juice-1", seconds: int = 0) -> SavedScenario:
    at = NOON + timedelta(seconds=seconds)
    return SavedScenario(name * 32, f"what if {name}", product, "{}", "{}", "ann", at)


def test_scenarios_are_listed_by_pages_with_the_newest_first():
    made = [make("a"), make("b", seconds=1), make("c", "juice-2", seconds=1)]
    with in_memory(retail_scenarios, audit_log) as connection:
        for one in made:
            save_scenario(connection, one)
        first = list_scenarios(connection, None, None, 2)
        after = ScenarioPosition(first[-1].created_at, first[-1].id)
        assert first == [made[2], made[1]]
        assert list_scenarios(connection, None, after, 2) == [made[0]]
        assert list_scenarios(connection, "juice-2", None, 9) == [made[2]]


def test_a_deleted_scenario_is_unknown():
    with in_memory(retail_scenarios, audit_log) as connection:
        save_scenario(connection, make("a"))
        delete_scenario(connection, "a" * 32, by="bob", now=NOON)
        with pytest.raises(UnknownScenarioError, match="lists the saved ones"):
            find_scenario(connection, "a" * 32)


def test_the_number_of_scenarios_is_limited(monkeypatch):
    monkeypatch.setattr(scenarios, "MAX_STORED", 1)
    with in_memory(retail_scenarios, audit_log) as connection:
        save_scenario(connection, make("a"))
        with pytest.raises(TooManyScenariosError, match="DELETE"):
            save_scenario(connection, make("b"))
