"""The clock is the system's, except in a rehearsal, where a file moves it."""

from datetime import UTC, datetime, timedelta

import pytest

from wire import clock


@pytest.fixture
def offset_file(monkeypatch, tmp_path):
    path = tmp_path / "clock"
    monkeypatch.setenv(clock.REHEARSAL, str(path))
    return path


def test_without_a_rehearsal_the_clock_is_that_of_the_system(monkeypatch):
    monkeypatch.delenv(clock.REHEARSAL, raising=False)
    before = datetime.now(UTC)
    assert before <= clock.utc_now() <= datetime.now(UTC)
    assert not clock.is_rehearsal()


def test_a_rehearsal_moves_the_clock_each_time_the_file_is_replaced(offset_file):
    for offset_s in (-691_200, 0, 3_600):
        offset_file.write_text(f"{offset_s}\n")
        before = datetime.now(UTC)
        moved = clock.utc_now() - timedelta(seconds=offset_s)
        assert before <= moved <= datetime.now(UTC)
    assert clock.is_rehearsal()


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (None, "No such file"),
        ("", "has no number of seconds"),
        ("yesterday", "has no number of seconds"),
        ("9" * 30, "has no number of seconds"),
        ("-999999999", "at most 3660 days"),
    ],
)
def test_a_file_that_moves_nothing_is_refused(offset_file, written, reason):
    if written is not None:
        offset_file.write_text(written)
    with pytest.raises(clock.RehearsalClockError, match=reason):
        clock.utc_now()
