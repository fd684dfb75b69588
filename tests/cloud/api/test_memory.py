"""What was worked out lately is remembered, up to so much."""

from datetime import timedelta

from cloud.app.context import Desk
from cloud.lru_cache import Memory


def test_the_least_lately_used_goes_first():
    memory: Memory[int] = Memory(2)
    memory.keep("a", 1)
    memory.keep("b", 2)
    memory.recall("a")
    memory.keep("c", 3)

    assert [memory.recall(key) for key in "abc"] == [1, None, 3]
    assert len(memory) == 2


def test_a_forecast_is_made_once_while_it_is_fresh(desk: Desk, watch):
    site = desk.estate.location("KX-01")
    first = desk.forecast(site)
    watch.pass_by(timedelta(seconds=59))

    assert desk.forecast(site) is first
    watch.pass_by(timedelta(seconds=1))
    assert desk.forecast(site) is not first


def test_a_clock_that_went_back_does_not_keep_a_forecast_alive(desk: Desk, watch):
    site = desk.estate.location("KX-01")
    first = desk.forecast(site)
    watch.pass_by(timedelta(hours=-5))

    assert desk.forecast(site) is not first


def test_heavy_answers_push_out_as_many_as_they_outweigh():
    memory: Memory[bytes] = Memory(100, 10, len)
    for key in "abc":
        memory.keep(key, b"123")
    memory.keep("d", b"12345")
    memory.keep("d", b"1234567")

    assert [memory.recall(key) for key in "abcd"] == [None, None, b"123", b"1234567"]
