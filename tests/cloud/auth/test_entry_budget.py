"""Entries beyond the rate are left out, and the next one knows how many."""

from datetime import UTC, datetime, timedelta

from cloud.auth.entry_budget import EntryBudget
from cloud.auth.quota import Quota

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_next_entry_counts_those_that_were_left_out():
    budget = EntryBudget(Quota(2, timedelta(minutes=1)))
    assert [budget.take(NOW) for _ in range(5)] == [0, 0, None, None, None]
    budget.add_left_out(4)
    assert budget.take(NOW + timedelta(minutes=1)) == 7
    assert budget.take(NOW + timedelta(minutes=1)) == 0
