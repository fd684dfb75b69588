"""Flow control: what is in flight, when it counts as lost, and how much is sent then."""

import pytest

from edge_agent.outbox.send_window import SendWindow
from edge_agent.settings.transport import LinkSettings

SETTINGS = LinkSettings(batch=5, in_flight=20, resend_after_s=10, longest_resend_s=35)


@pytest.fixture
def window():
    return SendWindow.from_settings(SETTINGS)


def test_nothing_in_flight_is_never_overdue(window):
    assert not window.is_overdue(1e9)


def test_the_wait_starts_with_the_first_report_in_flight(window):
    window.record_sent([1, 2], 100.0)
    window.record_sent([3], 105.0)
    assert not window.is_overdue(109.9)
    assert window.is_overdue(110.0)
    assert (window.sent_through, list(window.in_flight)) == (3, [1, 2, 3])


def test_an_acknowledgement_removes_reports_up_to_its_row_and_starts_the_wait_again(window):
    window.record_sent([2, 5, 9], 100.0)
    window.record_acknowledged(5, 104.0)
    assert list(window.in_flight) == [9]
    assert not window.is_overdue(113.9)
    assert window.is_overdue(114.0)


def test_an_acknowledgement_between_two_reports_keeps_the_later_one(window):
    window.record_sent([4, 8], 0.0)
    window.record_acknowledged(7, 1.0)
    assert list(window.in_flight) == [8]


def test_each_retry_sends_one_batch_and_doubles_the_wait_up_to_the_limit(window):
    waits = []
    for number in range(1, 5):
        window.record_sent([1, 2], 0.0)
        window.retry(0.0)
        waits.append(window.timeout_s)
        assert (window.size, window.sent_through, window.timeouts) == (5, 0, number)
        assert not window.in_flight
    assert waits == [20.0, 35.0, 35.0, 35.0]


def test_the_wait_never_falls_below_the_first_one():
    window = SendWindow.from_settings(LinkSettings(resend_after_s=600, longest_resend_s=300))
    window.record_sent([1], 0.0)
    window.retry(600.0)
    assert window.timeout_s == 600


def test_an_acknowledgement_restores_the_window_and_the_wait(window):
    window.record_sent([1], 0.0)
    window.retry(10.0)
    window.record_sent([1], 10.0)
    window.record_acknowledged(1, 12.0)
    assert (window.size, window.timeout_s, window.timeouts) == (20, 10.0, 0)
    assert not window.in_flight


def test_a_reset_counts_everything_in_flight_as_lost_and_no_timeout(window):
    window.record_sent([1, 2, 3], 0.0)
    window.reset(50.0, size=7)
    assert (window.sent_through, list(window.in_flight)) == (0, [])
    assert (window.size, window.timeouts, window.timeout_s) == (7, 0, 10.0)
