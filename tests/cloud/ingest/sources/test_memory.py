"""The in-process source delivers in order and repeats what was not acknowledged."""

from collections.abc import Sequence

from cloud.ingest.sources.memory import MemorySource
from cloud.ingest.sources.message_source import BatchLimits, Delivery

LIMITS = BatchLimits()


def payloads(deliveries: Sequence[Delivery]) -> list[bytes]:
    return [delivery.payload for delivery in deliveries]


def test_messages_arrive_once_and_in_order_in_batches_of_the_limit() -> None:
    source = MemorySource([("t", b"1"), ("t", b"2")])
    source.put("t", b"3")
    assert payloads(source.receive(BatchLimits(messages=2))) == [b"1", b"2"]
    assert payloads(source.receive(LIMITS)) == [b"3"]
    assert payloads(source.receive(LIMITS)) == []


def test_after_reopening_unacknowledged_messages_come_first() -> None:
    source = MemorySource(("t", b"%d" % number) for number in range(1, 6))
    one, *_ = source.receive(BatchLimits(messages=3))
    source.acknowledge([one])
    source.reopen()
    assert payloads(source.receive(LIMITS)) == [b"2", b"3", b"4", b"5"]


def test_acknowledging_twice_or_after_reopening_removes_nothing_else() -> None:
    source = MemorySource([("t", b"1"), ("t", b"2")])
    both = source.receive(LIMITS)
    source.acknowledge(both[:1])
    source.acknowledge(both[:1])
    source.reopen()
    source.acknowledge(both)
    assert payloads(source.receive(LIMITS)) == [b"2"]


def test_equal_messages_differ_by_their_receipts() -> None:
    source = MemorySource([("t", b"same"), ("t", b"same")])
    first, second = source.receive(LIMITS)
    assert first.receipt != second.receipt
    source.acknowledge([first])
    source.reopen()
    assert source.receive(LIMITS) == [second]


def test_sent_messages_are_recorded_in_order() -> None:
    source = MemorySource()
    source.send("a", b"1")
    source.send("b", b"2")
    source.close()
    assert source.sent == [("a", b"1"), ("b", b"2")]
