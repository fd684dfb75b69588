"""Messages of commands wait in the outbox in order, and none is deleted unpublished."""

import json

import pytest
from sqlalchemy import Connection, Engine

from cloud.fleet.outbox import OutgoingMessage, delete_published, enqueue, pending_messages
from tests.cloud.databases import SQLITE_ONLY


def message(number: int) -> OutgoingMessage:
    return OutgoingMessage(f"t/{number}", {"n": number})


@SQLITE_ONLY
def test_messages_wait_in_order_and_at_most_as_many_as_asked(connection: Connection) -> None:
    enqueue(connection, map(message, range(5)))
    enqueue(connection, [])
    found = pending_messages(connection, at_most=3)
    assert [topic for _, topic, _ in found] == ["t/0", "t/1", "t/2"]
    assert json.loads(found[2][2]) == {"n": 2}
    assert len(pending_messages(connection)) == 5


@SQLITE_ONLY
def test_only_the_published_messages_are_deleted(connection: Connection) -> None:
    enqueue(connection, map(message, range(3)))
    (first, *_), _, (last, *_) = pending_messages(connection)
    delete_published(connection, [first, last, 10**9])
    assert [topic for _, topic, _ in pending_messages(connection)] == ["t/1"]
    delete_published(connection, [])
    assert len(pending_messages(connection)) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_message_that_is_committed_while_others_are_published_stays(engine: Engine) -> None:
    with engine.connect() as slow, engine.begin() as service:
        enqueue(slow, [message(1)])  # takes the lower number, and commits later
        with engine.begin() as quick:
            enqueue(quick, [message(2)])
        published = pending_messages(service)
        assert [topic for _, topic, _ in published] == ["t/2"]
        slow.commit()
        delete_published(service, [number for number, _, _ in published])
        assert [topic for _, topic, _ in pending_messages(service)] == ["t/1"]
