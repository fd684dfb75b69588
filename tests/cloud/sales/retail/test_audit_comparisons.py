"""Prices and recommendations that were changed, removed or added outside the program are found."""

import pytest

from cloud.auth.audit import audit_log
from cloud.auth.audit_comparisons import compare_with_log
from cloud.sales.retail.audit_comparisons import RecommendationComparison, RetailPriceComparison
from cloud.sales.retail.decisions import propose
from cloud.sales.retail.manual_prices import roll_back_price
from cloud.sales.retail.tables import retail_prices, retail_recommendations
from tests.cloud.memory_database import in_memory
from tests.cloud.sales.retail.retail_rows import (
    MINUTE,
    NOON,
    accept,
    allow_all,
    new_recommendation,
)

UNDECIDED = "WHERE store = 'S-09'"


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("SELECT 1", None),
        ("UPDATE retail_prices SET price_minor = 1 WHERE recommendation = 'r1'", "price_minor"),
        ("UPDATE retail_prices SET state = 'blocked' WHERE recommendation = 'r1'", "state"),
        ("UPDATE retail_prices SET ends_at = NULL WHERE recommendation = 'r1'", "ends_at"),
        ("UPDATE retail_prices SET approved_by = 'eve' WHERE recommendation = 'r1'", "approved_by"),
        ("DELETE FROM retail_prices WHERE recommendation = 'r2'", "missing"),
        ("UPDATE retail_prices SET id = 'x' WHERE recommendation = 'r2'", "no entry"),
        ("UPDATE retail_recommendations SET price_minor = 1 WHERE id = 'r1'", "digest"),
        ("UPDATE retail_recommendations SET decided_minor = 1 WHERE id = 'r1'", "decided_minor"),
        ("UPDATE retail_recommendations SET state = 'proposed' WHERE id = 'r1'", "a decision"),
        (f"UPDATE retail_recommendations SET state = 'accepted' {UNDECIDED}", "without an entry"),
        (f"UPDATE retail_recommendations SET state = 'expired' {UNDECIDED}", "without an entry"),
        (f"DELETE FROM retail_recommendations {UNDECIDED}", "has 0 rows"),
        (f"UPDATE retail_recommendations SET batch = 'x' {UNDECIDED}", "no entry"),
    ],
)
def test_a_difference_is_found(statement: str, sentence: str | None) -> None:
    with in_memory(retail_prices, retail_recommendations, audit_log) as connection:
        accept(connection, "r1", 399, NOON, allow_all)
        second = accept(connection, "r2", 379, NOON + MINUTE, allow_all)
        roll_back_price(connection, second, "wrong", allow_all, by="ann", now=NOON + 2 * MINUTE)
        propose(connection, [new_recommendation("r3", store="S-09")], by="ann", now=NOON)
        connection.exec_driver_sql(statement)
        comparisons = [RetailPriceComparison(), RecommendationComparison()]
        found = compare_with_log(connection, NOON, comparisons)
    assert (sentence is None) == (found == [])
    assert sentence is None or sentence in "; ".join(found)
