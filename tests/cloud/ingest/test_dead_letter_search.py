"""Dead letters of a device are discarded together, with one entry of the audit log."""

from datetime import UTC, datetime

from sqlalchemy import select

from cloud.auth.audit import audit_log
from cloud.database import reading, writing
from cloud.ingest.consumer import Consumer
from cloud.ingest.dead_letter_search import (
    DeadLetterSearch,
    count_by_kind,
    discard_of_device,
    find_dead_letters,
)
from cloud.ingest.sources.memory import MemorySource

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_a_device_is_cleared_with_one_entry(engine) -> None:
    sent = [(f"onlooker/v1/KX-01/cam-{n % 2}/audience", b"rubbish %d" % n) for n in range(3)]
    consumer = Consumer(MemorySource(sent), engine, is_listed=lambda *_: True, clock=lambda: NOW)
    for _ in sent:
        consumer.step()
    with writing(engine) as connection:
        (count,) = count_by_kind(connection, DeadLetterSearch())
        assert (count.kind, count.dead_letters, count.messages) == ("unreadable", 3, 3)
        assert discard_of_device(connection, "cam-0", actor="ann", now=NOW) == 2
        assert discard_of_device(connection, "cam-0", actor="ann", now=NOW) == 0
    with reading(engine) as connection:
        (left,) = find_dead_letters(connection, DeadLetterSearch(is_replayed=False), most=9)
        entries = connection.execute(select(audit_log.c.action, audit_log.c.object)).all()
    assert left.device == "cam-1"
    assert entries == [("dead_letter.discard_all", "cam-0")]
