"""Live messages through a real server: who may subscribe, and what a subscriber receives."""

import json
from datetime import timedelta

import pytest
from websockets.exceptions import InvalidStatus

from cloud import database
from cloud.alerting.lifecycle import apply_measures
from cloud.app import broadcaster, live_session
from cloud.auth.keys import Role, create_key, list_keys, revoke_key
from cloud.auth.quota import Quota
from cloud.windows import changes
from tests.cloud.alerting.conftest import AT_ONCE, blind
from tests.cloud.api.live_clients import (
    BOTH_CLIENTS,
    SseClient,
    WebSocketClient,
    read_event,
    read_to_cursor,
    read_windows,
    serving,
    subscribed,
)
from tests.cloud.databases import SQLITE_ONLY

AT, BEFORE = "2026-11-20T", "2026-11-19T"

pytestmark = pytest.mark.usefixtures("short_live_intervals")


@SQLITE_ONLY
@BOTH_CLIENTS
@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.ADVERTISER, 403)])
def test_callers_without_a_staff_key_are_refused(live_context, clock, client, role, status):
    engine = live_context.engine
    key = create_key(engine, role, "a test", by="me", now=clock.now) if role else "onl_x"
    with serving(live_context, quota=Quota()) as address:
        if client is SseClient:
            with subscribed(SseClient, address, **{"x-api-key": key}) as subscriber:
                assert subscriber.response.status_code == status
                assert subscriber.response.headers["content-type"] == "application/problem+json"
        else:
            with pytest.raises(InvalidStatus) as refused:
                WebSocketClient(address, **{"x-api-key": key})
            assert refused.value.response.status_code == status
            assert json.loads(refused.value.response.body)["status"] == status


@SQLITE_ONLY
@BOTH_CLIENTS
@pytest.mark.parametrize(
    ("query", "status"),
    [("?location=XX-99", 404), ("?last_id=yesterday", 422), (f"?last_id={'9' * 50}-1", 422)],
)
def test_an_invalid_subscription_is_refused_before_any_message(live_context, client, query, status):
    with serving(live_context) as address:
        if client is SseClient:
            with subscribed(SseClient, address, query) as subscriber:
                assert subscriber.response.status_code == status
        else:
            with pytest.raises(InvalidStatus) as refused:
                WebSocketClient(address, query)
            assert refused.value.response.status_code == status


@BOTH_CLIENTS
def test_changed_windows_are_sent_late_ones_too(live_context, count_reports, client):
    with serving(live_context) as address, subscribed(client, address) as subscriber:
        read_to_cursor(subscriber)
        count_reports("KX-01", 6)
        assert read_windows(subscriber, bool) == {f"KX-01 {AT}11:50:00Z": 2}
        count_reports("KX-01", 6, 1440 + 2)
        count_reports("LB-01", 2)
        received = read_windows(subscriber, lambda windows: len(windows) == 3)
    assert received == {
        f"KX-01 {AT}11:50:00Z": 4,
        f"KX-01 {BEFORE}11:55:00Z": 2,
        f"LB-01 {AT}11:55:00Z": 2,
    }


@SQLITE_ONLY
@BOTH_CLIENTS
@pytest.mark.parametrize("query", ["?location=LB-01", "?venue_type=10604", "?what=window"])
def test_a_subscriber_receives_only_what_its_filter_selects(
    live_context, count_reports, clock, client, query
):
    with serving(live_context) as address, subscribed(client, address, query) as subscriber:
        read_to_cursor(subscriber)
        with database.writing(live_context.engine) as connection:
            apply_measures(connection, [blind(0.9)], clock.now, AT_ONCE)
        count_reports("KX-01", 6)
        count_reports("LB-01", 6)
        received = read_windows(subscriber, lambda windows: f"LB-01 {AT}11:50:00Z" in windows)
    assert (f"KX-01 {AT}11:50:00Z" in received) is (query == "?what=window")


@SQLITE_ONLY
@BOTH_CLIENTS
def test_alerts_are_sent_when_they_are_raised_and_when_they_are_cleared(
    live_context, clock, client
):
    def measure(share: float) -> None:
        with database.writing(live_context.engine) as connection:
            apply_measures(connection, [blind(share)], clock.now, AT_ONCE)

    with serving(live_context) as address, subscribed(client, address, "?what=alert") as subscriber:
        read_to_cursor(subscriber)
        measure(0.9)
        raised = read_event(subscriber, "alert")["data"]
        measure(0.0)
        cleared = read_event(subscriber, "alert")["data"]
    assert (raised["state"], raised["kind"], cleared["state"]) == (
        "open",
        "camera.unobserved",
        "cleared",
    )
    assert raised["id"] == cleared["id"]


@SQLITE_ONLY
@BOTH_CLIENTS
def test_a_key_that_is_revoked_meanwhile_ends_the_stream(
    live_context, clock, count_reports, client
):
    engine = live_context.engine
    key = create_key(engine, Role.SALES, "a test", by="me", now=clock.now)
    with (
        serving(live_context, quota=Quota()) as address,
        subscribed(client, address, **{"x-api-key": key}) as subscriber,
    ):
        read_to_cursor(subscriber)
        revoke_key(engine, list_keys(engine)[0].id, by="me", now=clock.now)
        clock.advance(timedelta(minutes=1))
        count_reports("KX-01", 6)
        refused = read_event(subscriber, "refused")
        assert "no valid key was sent" in refused["data"]["reason"]
        with pytest.raises(EOFError):
            subscriber.next()


@SQLITE_ONLY
def test_windows_are_read_once_for_all_subscribers(live_context, count_reports, monkeypatch):
    counts: list[int] = []
    original = changes.read_windows

    def read(connection, keys, **more):
        counts.append(len(keys))
        return original(connection, keys, **more)

    monkeypatch.setattr(changes, "read_windows", read)
    with serving(live_context) as address:
        subscribers = [SseClient(address) for _ in range(20)]
        for subscriber in subscribers:
            read_to_cursor(subscriber)
        count_reports("KX-01", 6, 12)
        for subscriber in subscribers:
            assert len(read_windows(subscriber, lambda windows: len(windows) == 2)) == 2
            subscriber.close()
    assert sum(counts) == 2


@SQLITE_ONLY
def test_a_heartbeat_is_sent_when_nothing_else_is(live_context, monkeypatch):
    monkeypatch.setattr(live_session, "HEARTBEAT_S", 0.01)
    monkeypatch.setattr(broadcaster, "READ_EVERY_S", 60.0)
    with serving(live_context) as address, subscribed(SseClient, address) as subscriber:
        lines = subscriber.response.iter_lines()
        assert next(line for line in lines if line.startswith(":"))
