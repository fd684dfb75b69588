"""Without Redis a process counts its callers itself and shares nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from cloud.app.shared import shared_store
from cloud.app.shared.shared_store import LocalStore
from cloud.auth.quota import Quota

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TWO = Quota(questions=2, period=timedelta(hours=1))


def test_a_value_is_returned_to_its_writer_and_to_nobody_else() -> None:
    store = LocalStore()
    assert store.put("made:1", b"first", None, timedelta(minutes=1)) == b"first"
    assert store.put("made:1", b"second", b"first", timedelta(0)) == b"second"
    assert store.get("made:1") is None


def test_each_caller_has_a_meter_of_its_own() -> None:
    store = LocalStore()
    assert [store.count("ann", TWO, NOW).remaining for _ in range(3)] == [1, 0, 0]
    assert not store.count("ann", TWO, NOW).allowed
    assert store.count("bob", TWO, NOW).remaining == 1
    assert store.count("", TWO, NOW).remaining == 1


def test_taking_and_counting_use_the_same_meter() -> None:
    store = LocalStore()
    store.count("ann", TWO, NOW)
    assert asyncio.run(store.take("ann", TWO, NOW)).remaining == 0
    assert not asyncio.run(store.take("ann", TWO, NOW)).allowed


def test_two_stores_count_apart() -> None:
    stores = [LocalStore(), LocalStore()]
    assert [one.count("ann", TWO, NOW).remaining for one in stores] == [1, 1]


def test_only_the_meters_of_the_latest_callers_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of callers costs a bounded memory: the least recent one starts again."""
    monkeypatch.setattr(shared_store, "MAX_CALLERS", 2)
    store = LocalStore()
    for caller in ("ann", "bob", "ann", "eve"):
        store.count(caller, TWO, NOW)
    assert store.count("ann", TWO, NOW).allowed is False
    assert store.count("bob", TWO, NOW).remaining == 1
    store.close()
