"""The monitor of the broker's log: events, rate limits and repeats, with injected time."""

from datetime import UTC, datetime, timedelta

from provisioning.broker.log_monitor import LogMonitor
from provisioning.broker.settings import Limits

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
RECEIVED = (
    "Received PUBLISH from cam-1 (d0, q1, r0, m1, 'onlooker/v1/KX-01/cam-1/status', ... (2 bytes))"
)
TAKEN_OVER = "Client cam-1 already connected, closing old connection."
DENIED = "Denied PUBLISH from cam-1 (d0, q1, r0, m2, 'its/mine', ... (2 bytes))"


def at(seconds):
    return START + timedelta(seconds=seconds)


def test_a_bucket_fills_at_a_steady_rate():
    #  5 in the bucket, 1 a second: 5 at once pass, a sixth does not until one second later
    monitor = LogMonitor(Limits(messages_per_s=1, burst_messages=5))
    assert list(monitor.read([RECEIVED] * 5, at(0))) == []
    assert list(monitor.read([RECEIVED], at(1))) == []
    [audit_event] = monitor.read([RECEIVED], at(1))
    assert (audit_event.event, audit_event.client, audit_event.ends_session) == (
        "publish.flood",
        "cam-1",
        True,
    )
    assert list(monitor.read([RECEIVED] * 5, at(1))) == []  # its session is over


def test_refused_messages_count_towards_a_flood_too():
    monitor = LogMonitor(Limits(messages_per_s=1, burst_messages=3))
    events = [audit_event.event for audit_event in monitor.read([DENIED] * 4, at(0))]
    assert events == ["publish.denied", "publish.flood"]


def test_services_have_no_rate_limit():
    monitor = LogMonitor(Limits(messages_per_s=1, burst_messages=1))
    line = RECEIVED.replace("cam-1 (", "service:stream (")
    assert list(monitor.read([line] * 100, at(0))) == []


def test_a_repeated_event_is_written_once_a_minute_with_its_count():
    monitor = LogMonitor(Limits())
    assert [audit_event.times for audit_event in monitor.read([DENIED] * 50, at(0))] == [1]
    assert [audit_event.times for audit_event in monitor.read([DENIED], at(59))] == []
    assert [audit_event.times for audit_event in monitor.read([DENIED], at(60))] == [51]


def test_repeats_are_written_when_the_event_does_not_occur_again():
    monitor = LogMonitor(Limits())
    list(monitor.read([DENIED] * 50, at(0)))
    assert list(monitor.repeats(at(59))) == []
    [audit_event] = monitor.repeats(at(60))
    assert (audit_event.event, audit_event.client, audit_event.times) == (
        "publish.denied",
        "cam-1",
        49,
    )
    assert list(monitor.repeats(at(130))) == []


def test_no_repeat_is_lost_when_the_broker_ends_or_events_are_too_many(monkeypatch):
    monkeypatch.setattr("provisioning.broker.log_monitor.MAX_OPEN_EVENTS", 2)
    monitor = LogMonitor(Limits(), counts_messages=False)
    lines = [DENIED.replace("cam-1", f"cam-{number}") for number in (1, 1, 1, 2, 2, 3, 3, 3)]
    written = [*monitor.read(lines, at(0)), *monitor.remaining(at(1))]
    total = {}
    for audit_event in written:
        total[audit_event.client] = total.get(audit_event.client, 0) + audit_event.times
    assert total == {"cam-1": 3, "cam-2": 2, "cam-3": 3}


def test_a_new_connection_does_not_refill_the_bucket():
    connected = "New client connected from 10.0.0.8:50853 as cam-1 (p2, c0, k60, u'cam-1')."
    monitor = LogMonitor(Limits(messages_per_s=1, burst_messages=5))
    assert list(monitor.read([connected, *[RECEIVED] * 5, connected], at(0))) == []
    [audit_event] = monitor.read([RECEIVED], at(0))
    assert audit_event.ends_session


def test_messages_before_the_end_of_a_session_end_no_second_session():
    connected = "New client connected from 10.0.0.8:50853 as cam-1 (p2, c0, k60, u'cam-1')."
    monitor = LogMonitor(Limits(messages_per_s=1, burst_messages=5))
    assert len(list(monitor.read([RECEIVED] * 5_000, at(0)))) == 1
    again = list(monitor.read([connected, RECEIVED], at(0)))
    assert [(one.ends_session, one.times) for one in again] == [(True, 0)]
    [audit_event] = monitor.repeats(at(60))
    assert (audit_event.event, audit_event.times) == ("publish.flood", 1)


def test_a_subscription_within_the_rules_is_not_audited():
    monitor = LogMonitor(Limits())
    monitor.locations = {"cam-1": "KX-01"}
    lines = ["cam-1 1 onlooker/v1/KX-01/cam-1/ack", "cam-1 1 $aws/things/cam-1/jobs/notify"]
    assert list(monitor.read(lines, at(0))) == []
    [audit_event] = monitor.read(["cam-1 1 onlooker/v1/KX-01/cam-2/ack"], at(0))
    assert (audit_event.event, audit_event.detail) == (
        "subscribe.beyond",
        "onlooker/v1/KX-01/cam-2/ack",
    )


def test_a_session_taken_over_by_the_same_certificate_is_audited():
    monitor = LogMonitor(Limits())
    [audit_event] = monitor.read([TAKEN_OVER], at(0))
    assert (audit_event.event, audit_event.client) == ("session.taken_over", "cam-1")
    assert not audit_event.ends_session


def test_a_session_that_the_supervisor_ends_is_not_audited_as_taken_over():
    monitor = LogMonitor(Limits())
    monitor.expect_session_end("cam-1", at(0))
    assert list(monitor.read([TAKEN_OVER], at(1))) == []
    assert [audit_event.event for audit_event in monitor.read([TAKEN_OVER], at(9))] == [
        "session.taken_over"
    ]
