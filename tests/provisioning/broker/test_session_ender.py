"""The thread that ends sessions: attempts, order, and what is discarded."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from provisioning.broker.log_monitor import AuditEvent
from provisioning.broker.session_control import SessionControlError
from provisioning.broker.session_ender import SessionEnder
from tests.provisioning.installation import wait_until

PATIENCE_S = 10.0
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def audit_event(client, event="publish.flood"):
    return AuditEvent(START, event, client, "", ends_session=True)


def test_a_session_that_does_not_end_is_tried_again_and_delays_no_other():
    tries, may_continue = [], threading.Event()

    def end(_control, client):
        tries.append(client)
        assert may_continue.wait(PATIENCE_S)
        if client == "stuck":
            raise SessionControlError("no answer")

    ender = SessionEnder(Path("socket"), end=end)
    for client in ("stuck", "stuck", "other"):
        ender.request(audit_event(client))
    assert ender.results() == []
    may_continue.set()
    ended = []
    wait_until(lambda: ended.extend(ender.results()) or len(ended) == 2)
    assert [(one.audit_event.client, one.error) for one in ended] == [
        ("stuck", "no answer"),
        ("other", ""),
    ]
    assert tries == ["stuck", "stuck", "stuck", "other"]
    ender.close()


def collect(ender, number):
    results = []
    wait_until(lambda: results.extend(ender.results()) or len(results) >= number)
    return [(one.audit_event.client, one.error) for one in results]


def test_an_attempt_that_succeeds_later_is_no_error():
    outcomes = iter([SessionControlError("no answer"), None])

    def end(_control, _client):
        if (outcome := next(outcomes)) is not None:
            raise outcome

    ender = SessionEnder(Path("socket"), end=end)
    ender.request(audit_event("cam-1"))
    assert collect(ender, 1) == [("cam-1", "")]
    ender.close()


def test_a_client_can_be_requested_again_after_its_result():
    ended = []
    ender = SessionEnder(Path("socket"), end=lambda control, client: ended.append(client))
    for _ in range(2):
        ender.request(audit_event("cam-1"))
        assert collect(ender, 1) == [("cam-1", "")]
    assert ended == ["cam-1", "cam-1"]
    ender.close()


def test_waiting_requests_are_discarded_and_reported_when_the_broker_has_exited():
    is_busy, may_continue, ended = threading.Event(), threading.Event(), []

    def end(_control, client):
        is_busy.set()
        assert may_continue.wait(PATIENCE_S)
        ended.append(client)

    ender = SessionEnder(Path("socket"), end=end)
    for client in ("first", "second", "third"):
        ender.request(audit_event(client))
    assert is_busy.wait(PATIENCE_S)
    ender.forget()
    may_continue.set()
    assert collect(ender, 3) == [("second", ""), ("third", ""), ("first", "")]
    assert ended == ["first"]
    ender.request(audit_event("second"))
    assert collect(ender, 1) == [("second", "")]
    ender.close()
    assert ended == ["first", "second"]
