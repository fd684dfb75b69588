"""Calls end or are abandoned; each outcome is taken once."""

import threading

from cloud.messaging.call_pool import LEFT_BEHIND, CallPool
from cloud.messaging.failures import DeliveryFailure
from tests.cloud.alerting.conftest import wait_for


def test_a_result_is_taken_once():
    pool = CallPool[str](call_s=10.0)
    pool.start("ann", "a claim", lambda: None)
    results = []
    wait_for(lambda: results.extend(pool.take_results()) or results)
    assert results == [("a claim", None)]
    assert list(pool.take_results()) == []
    assert pool.is_idle


def test_an_overdue_call_fails_and_its_late_result_is_not_taken():
    steady, ends = [0.0], threading.Event()
    pool = CallPool[int](call_s=10.0, clock=lambda: steady[0], workers=1)
    pool.start("ann", 1, lambda: ends.wait(30) and None)
    assert not pool.has_free_worker
    steady[0] = 12.0
    assert list(pool.take_results()) == [
        (1, DeliveryFailure("no answer in time", is_outcome_known=False))
    ]
    assert pool.has_free_worker
    assert pool.recipients == {"ann"}  # its thread still runs
    ends.set()
    wait_for(lambda: list(pool.take_results()) or not pool.recipients)


def test_threads_that_never_end_are_bounded():
    steady, ends = [0.0], threading.Event()
    pool = CallPool[int](call_s=1.0, clock=lambda: steady[0], workers=1)
    for number in range(LEFT_BEHIND):
        assert pool.has_free_worker
        pool.start(str(number), number, lambda: ends.wait(30) and None)
        steady[0] += 10.0
        assert len(list(pool.take_results())) == 1
    assert not pool.has_free_worker
    ends.set()
