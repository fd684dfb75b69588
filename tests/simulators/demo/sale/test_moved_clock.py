"""The clock of the sales server shows what it was moved to, and runs on."""

from datetime import UTC, datetime, timedelta

from simulators.demo.sale.moved_clock import MovedClock

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_the_clock_is_moved_and_runs_on(tmp_path):
    clock = MovedClock(tmp_path / "clock")
    then = NOW - timedelta(days=9)
    clock.move_to(then, NOW)
    assert clock.show(NOW) == then
    assert clock.show(NOW + timedelta(minutes=2)) == then + timedelta(minutes=2)
    clock.move_to(NOW, NOW)
    assert clock.show(NOW) == NOW
