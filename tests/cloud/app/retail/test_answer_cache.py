"""Cached answers: the same inputs, at most five minutes, shared where there is a shared store."""

from datetime import timedelta

import pytest

from cloud.app.retail.answer_cache import MAX_AGE, AnswerCache, digest_inputs
from cloud.app.shared.shared_store import LocalStore
from tests.cloud.app_context import FRIDAY_NOON

SECOND = timedelta(seconds=1)


class DictStore(LocalStore):
    """A store that two caches share."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def put(self, key, value, replaces, for_):
        self.values[key] = value
        return value


@pytest.mark.parametrize(("after", "computed"), [(MAX_AGE - SECOND, 1), (MAX_AGE, 2)])
def test_an_answer_is_used_again_for_five_minutes(after: timedelta, computed: int):
    cache, calls = AnswerCache(), []

    def compute() -> bytes:
        calls.append(1)
        return b"{}"

    for now in (FRIDAY_NOON, FRIDAY_NOON + after):
        cache.find_or_compute(LocalStore(), "a", now, compute)
    assert len(calls) == computed


def test_processes_share_answers_and_their_age():
    store = DictStore()
    first = AnswerCache().find_or_compute(store, "a", FRIDAY_NOON, lambda: b"1")
    other = AnswerCache().find_or_compute(store, "a", FRIDAY_NOON + SECOND, lambda: b"2")
    later = AnswerCache().find_or_compute(store, "a", FRIDAY_NOON + MAX_AGE, lambda: b"3")
    assert [one.content for one in (first, other, later)] == [b"1", b"1", b"3"]


def test_an_unreadable_shared_answer_is_computed_again():
    store = DictStore()
    store.values["retail:a"] = b"\xc1"
    found = AnswerCache().find_or_compute(store, "a", FRIDAY_NOON, lambda: b"1")
    assert found.content == b"1"


def test_the_digest_is_that_of_all_inputs():
    assert digest_inputs(1, FRIDAY_NOON) == digest_inputs(1, FRIDAY_NOON)
    assert digest_inputs(1, FRIDAY_NOON) != digest_inputs(1, FRIDAY_NOON + SECOND)
