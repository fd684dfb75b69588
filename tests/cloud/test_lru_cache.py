"""The cache holds the most recently used values up to its limits."""

from cloud.lru_cache import LruCache


def test_the_least_lately_used_goes_first():
    memory: LruCache[int] = LruCache(2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.get("a")
    memory.put("c", 3)

    assert [memory.get(key) for key in "abc"] == [1, None, 3]
    assert len(memory) == 2


def test_heavy_answers_push_out_as_many_as_they_outweigh():
    memory: LruCache[bytes] = LruCache(100, 10, len)
    for key in "abc":
        memory.put(key, b"123")
    memory.put("d", b"12345")
    memory.put("d", b"1234567")

    assert [memory.get(key) for key in "abcd"] == [None, None, b"123", b"1234567"]
