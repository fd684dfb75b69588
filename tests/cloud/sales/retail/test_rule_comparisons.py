"""Rule sets and scenarios that were changed, removed or added outside the program are found."""

import pytest

from cloud.auth.audit import audit_log
from cloud.auth.audit_comparisons import compare_with_log
from cloud.pricing.retail.rules import PriceRules
from cloud.sales.retail.rule_comparisons import RuleSetComparison, ScenarioComparison
from cloud.sales.retail.rule_sets import put_rule_set, retail_rule_sets
from cloud.sales.retail.scenarios import (
    SavedScenario,
    delete_scenario,
    retail_scenarios,
    save_scenario,
)
from tests.cloud.memory_database import in_memory
from tests.cloud.sales.retail.retail_rows import NOON

REFERENCE = PriceRules(version="reference-1")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("SELECT 1", None),
        ("UPDATE retail_rule_sets SET put_by = 'eve'", "put_by is eve"),
        ('UPDATE retail_rule_sets SET body = \'{"version": "b"}\'', "another digest"),
        ("DELETE FROM retail_rule_sets", "is missing"),
        ("UPDATE retail_rule_sets SET number = 99", "has no entry"),
        ("UPDATE retail_scenarios SET answer = '[]'", "another digest"),
        ("DELETE FROM retail_scenarios", "is missing"),
        ("UPDATE retail_scenarios SET id = 'x'", "no entry"),
    ],
)
def test_a_change_outside_the_program_is_found(statement, sentence):
    tables = (retail_rule_sets, retail_scenarios, audit_log)
    with in_memory(*tables) as connection:
        put_rule_set(
            connection, PriceRules(version="a"), None, reference=REFERENCE, by="ann", now=NOON
        )
        for name in "ab":
            one = SavedScenario(name * 32, "what if", "juice-1", "{}", "{}", "ann", NOON)
            save_scenario(connection, one)
        delete_scenario(connection, "b" * 32, by="ann", now=NOON)
        connection.exec_driver_sql(statement)
        compared = (RuleSetComparison(), ScenarioComparison())
        found = compare_with_log(connection, NOON, compared)
    assert bool(found) == (sentence is not None), found
    assert sentence is None or any(sentence in one for one in found), found
