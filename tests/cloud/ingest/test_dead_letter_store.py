"""Dead letters in the database: a repeated one is counted, not stored again."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from cloud.database import dead_letters
from cloud.ingest.dead_letter_store import (
    LONGEST_REASON,
    known_digests,
    write_dead_letters,
)
from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind, ReportIdentity, digest_of
from tests.cloud.memory_database import in_memory
from wire.scalars import DeviceId, JournalId, LocationId
from wire.topics import DeviceAddress

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ADDRESS = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))


def letter(payload: bytes, reason: str = "no JSON") -> DeadLetter:
    return DeadLetter(DeadLetterKind.UNREADABLE, reason, "a/topic", payload, ADDRESS)


def rows(connection: Connection) -> list[dict[str, object]]:
    found = connection.execute(select(dead_letters).order_by(dead_letters.c.payload))
    return [row._asdict() for row in found]


def test_a_repeated_message_is_counted_and_only_new_ones_are_reported() -> None:
    with in_memory(dead_letters) as connection:
        assert write_dead_letters(connection, [(letter(b"a"), False)] * 3, NINE) == 1
        later = NINE + timedelta(hours=1)
        both = [(letter(b"a"), False), (letter(b"b"), False)]
        assert write_dead_letters(connection, both, later) == 1
        a, b = rows(connection)
    assert (a["payload"], a["times"]) == (b"a", 4)
    assert (a["first_received_at"], a["last_received_at"]) == (NINE, later)
    assert (b["payload"], b["times"], b["first_received_at"]) == (b"b", 1, later)


def test_no_dead_letter_writes_nothing() -> None:
    with in_memory(dead_letters) as connection:
        assert write_dead_letters(connection, [], NINE) == 0
        assert rows(connection) == []


def test_a_row_has_the_report_and_whether_it_acknowledges_it_alone() -> None:
    which = ReportIdentity(ADDRESS, JournalId("00000000000000a1"), 3, 5)
    late = DeadLetter(DeadLetterKind.FUTURE, "too late", "a/topic", b"{}", ADDRESS, which)
    with in_memory(dead_letters) as connection:
        write_dead_letters(connection, [(late, True)], NINE)
        (row,) = rows(connection)
    assert (row["kind"], row["reason"], row["claims"]) == ("future", "too late", 1)
    assert (row["location"], row["device"]) == ("KX-01", "kx-01-cam-1")
    assert (row["stream_id"], row["first_sequence"], row["last_sequence"]) == (
        which.stream_id,
        3,
        5,
    )


def test_a_message_without_a_readable_topic_has_no_device() -> None:
    with in_memory(dead_letters) as connection:
        hostile = DeadLetter(DeadLetterKind.TOPIC, "r" * 9_999, "a\0b", b"")
        write_dead_letters(connection, [(hostile, False)], NINE)
        (row,) = rows(connection)
    assert (row["location"], row["device"], row["stream_id"]) == (None, None, None)
    assert row["topic"] == "a\ufffdb"
    assert len(str(row["reason"])) == LONGEST_REASON


def test_the_stored_digests_among_many_are_found() -> None:
    stored = [letter(b"%d" % number) for number in range(3)]
    wanted = [digest_of(letter(b"%d" % number)) for number in range(1_000)]
    with in_memory(dead_letters) as connection:
        write_dead_letters(connection, [(one, False) for one in stored], NINE)
        assert known_digests(connection, wanted) == {digest_of(one) for one in stored}
        assert known_digests(connection, []) == set()
