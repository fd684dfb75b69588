"""Token buckets: spent by saved transactions only, refilled by time."""

from datetime import UTC, datetime, timedelta

from cloud.ingest.dead_letter_budget import DeadLetterBudget, DeadLetterLimits, RefillRate

NINE = datetime(2026, 11, 20, 9, 0, 30, tzinfo=UTC)


MINUTE = timedelta(minutes=1)


LIMIT = DeadLetterLimits(
    per_device=RefillRate(10, MINUTE), in_all=RefillRate(25, MINUTE), stored_per_device=40
)


def test_a_transaction_that_is_tried_again_spends_once() -> None:
    budget = DeadLetterBudget(LIMIT)
    device = ("KX-01", "kx-01-cam-1")
    for _ in range(100):
        assert budget.draft(NINE).take(device, 1.0)
    draft = budget.draft(NINE)
    assert [draft.take(device, 1.0) for _ in range(11)] == [True] * 10 + [False]
    draft.save()
    assert not budget.draft(NINE).take(device, 1.0)
    assert budget.draft(NINE + MINUTE).take(device, 1.0)


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    budget = DeadLetterBudget(LIMIT)
    device = ("KX-01", "kx-01-cam-1")
    draft = budget.draft(NINE)
    while draft.take(device, 1.0):
        pass
    draft.save()
    assert not budget.draft(NINE - timedelta(days=1)).take(device, 1.0)
