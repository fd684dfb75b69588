from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.reporting.alarms import Alarms, current_faults
from wire.audience import BlindCause
from wire.health import AlarmState, CaptureState

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
R, C = AlarmState.RAISED, AlarmState.CLEARED


def alarms_raised(alarms, moments):
    return [
        (second, alarm.kind, alarm.state)
        for second, kinds in moments
        for alarm in alarms.watch(kinds, second, EIGHT + timedelta(seconds=second))
    ]


def test_an_alarm_is_raised_and_cleared_after_the_delay(address):
    moments = [(n, {"blind.dark"} if 5 <= n < 30 else set()) for n in range(60)]
    assert alarms_raised(Alarms(address), moments) == [(15, "blind.dark", R), (39, "blind.dark", C)]


def test_a_short_problem_raises_no_alarm(address):
    moments = [(n, {"blind.dark"} if n % 20 < 9 else set()) for n in range(100)]
    assert alarms_raised(Alarms(address), moments) == []


def test_a_problem_with_short_breaks_is_one_alarm(address):
    moments = [(n, {"blind.dark"} if n < 15 or n % 5 else set()) for n in range(100)]
    assert alarms_raised(Alarms(address), moments) == [(10, "blind.dark", R)]


def test_each_alarm_has_its_own_delay(address):
    moments = [
        (n, {"blind.dark", "outbox.failed"} if n > 50 else {"blind.dark"}) for n in range(70)
    ]
    assert alarms_raised(Alarms(address), moments) == [
        (10, "blind.dark", R),
        (61, "outbox.failed", R),
    ]


def test_an_alarm_says_what_to_do(address):
    alarms = Alarms(address)
    alarms.watch({"capture.failed"}, 0, EIGHT)
    (alarm,) = alarms.watch({"capture.failed"}, 10, EIGHT)
    assert "check its power" in alarm.message
    assert (alarm.location, alarm.device) == (address.location, address.device)


@pytest.mark.parametrize(
    ("capture", "blind", "kinds"),
    [
        (CaptureState.STREAMING, None, set()),
        (CaptureState.STREAMING, BlindCause.DARK, {"blind.dark"}),
        (CaptureState.FAILED, BlindCause.OFFLINE, {"capture.failed"}),
        (CaptureState.STALLED, None, {"capture.failed"}),
        (CaptureState.STREAMING, BlindCause.PAUSED, set()),
    ],
)
def test_what_counts_as_a_problem(capture, blind, kinds):
    assert current_faults(capture, blind) == kinds
