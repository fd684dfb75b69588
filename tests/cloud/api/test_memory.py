"""The cache holds recent results up to its limit."""

from datetime import timedelta

from cloud.app.context import AppContext
from cloud.lru_cache import LruCache


def test_the_least_lately_used_goes_first():
    memory: LruCache[int] = LruCache(2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.get("a")
    memory.put("c", 3)

    assert [memory.get(key) for key in "abc"] == [1, None, 3]
    assert len(memory) == 2


def test_a_forecast_is_made_once_while_it_is_fresh(context: AppContext, clock):
    site = context.estate.location("KX-01")
    first = context.forecast(site)
    clock.advance(timedelta(seconds=59))

    assert context.forecast(site) is first
    clock.advance(timedelta(seconds=1))
    assert context.forecast(site) is not first


def test_a_clock_that_went_back_does_not_keep_a_forecast_alive(context: AppContext, clock):
    site = context.estate.location("KX-01")
    first = context.forecast(site)
    clock.advance(timedelta(hours=-5))

    assert context.forecast(site) is not first


def test_heavy_answers_push_out_as_many_as_they_outweigh():
    memory: LruCache[bytes] = LruCache(100, 10, len)
    for key in "abc":
        memory.put(key, b"123")
    memory.put("d", b"12345")
    memory.put("d", b"1234567")

    assert [memory.get(key) for key in "abcd"] == [None, None, b"123", b"1234567"]
