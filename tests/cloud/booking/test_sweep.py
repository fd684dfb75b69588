"""The sweep gives everything back that has expired, with an entry in the audit log."""

from pathlib import Path

from cloud.app.booking_sweeper import BookingSweeper
from cloud.auth.audit import read_entries
from cloud.booking.capacity import take
from cloud.booking.sweep import ACTION, sweep
from cloud.database import reading, writing
from tests.cloud.app_context import ManualClock, open_app_context
from tests.cloud.booking.capacity_data import HOUR, NOW, SITES, demand, slot_sums


def test_it_goes_on_until_nothing_is_left(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("cloud.booking.sweep.MAX_SWEPT", 2)
    monkeypatch.setattr("cloud.booking.returns.MAX_SWEPT", 2)
    clock = ManualClock(NOW)
    with open_app_context(tmp_path, clock) as context:
        with writing(context.engine) as connection:
            for number in range(5):
                take(
                    connection, SITES, demand(number), line_id=f"h{number}", until=NOW + HOUR,
                    now=NOW,
                )  # fmt: skip
        assert sweep(context.engine, NOW) == 0
        assert sweep(context.engine, NOW + HOUR) == 5
        with reading(context.engine) as connection:
            assert slot_sums(connection) == {}
            entries = [one for one in read_entries(connection) if one.action == ACTION]
        assert [one.object for one in entries] == ["h0", "h2", "h4"]


def test_the_thread_of_the_api_sweeps_at_the_time_of_its_clock(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    with open_app_context(tmp_path, clock) as context:
        with writing(context.engine) as connection:
            take(connection, SITES, demand(0), line_id="h", until=NOW + HOUR, now=NOW)
        site = context.sites.location("KX-01")
        assert context.booking_cache.read(context.engine, site, clock.now)
        clock.advance(HOUR)
        sweeper = BookingSweeper(lambda: context)
        sweeper.sweep_once()
        assert context.booking_cache.fresh(site, clock.now) is None
        assert not context.booking_cache.read(context.engine, site, clock.now)
        sweeper.stop()
        sweeper.follow()
