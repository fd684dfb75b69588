"""A subscriber that reconnects, or was disconnected, continues from its last cursor."""

import threading

import pytest

from cloud import database
from cloud.alerting.lifecycle import apply_measures
from cloud.app import broadcaster
from tests.cloud.alerting.conftest import AT_ONCE, blind
from tests.cloud.api.live_clients import (
    BOTH_CLIENTS,
    SseClient,
    read_event,
    read_to_cursor,
    read_windows,
    serving,
    subscribed,
)
from tests.cloud.databases import SQLITE_ONLY

AT, BEFORE = "2026-11-20T", "2026-11-19T"
DAYS = 20

pytestmark = pytest.mark.usefixtures("short_live_intervals")


@BOTH_CLIENTS
def test_a_reconnected_client_receives_what_changed_even_from_another_server(
    live_context, count_reports, clock, client
):
    with serving(live_context) as address, subscribed(client, address) as subscriber:
        count_reports("KX-01", 6)
        read_windows(subscriber, bool)
        last = subscriber.id
    count_reports("KX-01", 6, 20)
    count_reports("LB-01", 1440)
    with database.writing(live_context.engine) as connection:
        apply_measures(connection, [blind(0.9)], clock.now, AT_ONCE)
    query = f"?last_id={last}"
    with serving(live_context) as address, subscribed(client, address, query) as subscriber:
        received = read_windows(subscriber, bool)
    assert received == {
        f"KX-01 {AT}11:50:00Z": 4,
        f"KX-01 {AT}11:40:00Z": 2,
        f"LB-01 {BEFORE}12:00:00Z": 2,
    }


@SQLITE_ONLY
def test_the_last_event_id_header_of_a_browser_is_used(live_context, count_reports):
    count_reports("KX-01", 6)
    headers = {"last-event-id": "0-0"}
    with serving(live_context) as address, subscribed(SseClient, address, **headers) as subscriber:
        assert read_windows(subscriber, bool) == {f"KX-01 {AT}11:50:00Z": 2}


@SQLITE_ONLY
@BOTH_CLIENTS
def test_an_unknown_cursor_is_answered_with_a_reset(live_context, count_reports, client):
    count_reports("KX-01", 6)
    query = "?last_id=999999999-0"
    with serving(live_context) as address, subscribed(client, address, query) as subscriber:
        assert subscriber.next()["event"] == "reset"
        read_to_cursor(subscriber)
        count_reports("KX-01", 6)
        assert read_windows(subscriber, bool) == {f"KX-01 {AT}11:50:00Z": 4}


@SQLITE_ONLY
@BOTH_CLIENTS
def test_a_client_that_does_not_read_is_disconnected_with_a_reason_and_misses_nothing(
    live_context, count_reports, client, monkeypatch
):
    is_full = limit_queues(monkeypatch)
    with serving(live_context) as address:
        with subscribed(client, address) as subscriber:
            read_to_cursor(subscriber)
            batches = 0
            while not is_full.wait(
                0.05
            ):  # the client reads nothing: sent data stays in the buffers
                days = 1440 * (batches % DAYS)
                count_reports("KX-01", *(days + 5 * step for step in range(40)))
                batches += 1
                assert batches < 2_000
            received, dropped = read_until_dropped(subscriber)
            with pytest.raises(EOFError):
                subscriber.next()
        assert "50 events were waiting" in dropped["reason"]
        with subscribed(client, address, f"?last_id={dropped['last_id']}") as subscriber:
            received |= read_windows(subscriber, bool)
    assert sum(received.values()) == 2 * 40 * batches


def limit_queues(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Limit a subscriber's queue to 50 events; the event is set when one is disconnected."""
    monkeypatch.setattr(broadcaster, "MAX_QUEUED", 50)
    is_full = threading.Event()
    disconnect = broadcaster.Subscriber.disconnect

    def record(self: broadcaster.Subscriber, name: str, reason: str) -> None:
        disconnect(self, name, reason)
        is_full.set()

    monkeypatch.setattr(broadcaster.Subscriber, "disconnect", record)
    return is_full


def read_until_dropped(subscriber):
    """The visits of each window that was sent, and the data of the `dropped` event after them."""
    received: dict[str, int] = {}
    while True:
        message = subscriber.next()
        if message["event"] == "window":
            received[f"KX-01 {message['data']['starts_at']}"] = message["data"]["visits"]
        elif message["event"] == "dropped":
            return received, message["data"]


@SQLITE_ONLY
@BOTH_CLIENTS
def test_a_server_that_stops_sends_the_cursor_to_continue_from(live_context, client):
    with serving(live_context) as address:
        subscriber = client(address)
        read_to_cursor(subscriber)
    closing = read_event(subscriber, "closing")
    assert closing["data"] == {"reason": "the server is stopping", "last_id": subscriber.id}
    subscriber.close()
