"""Work is repeated until a signal, whatever goes wrong in it, and then ended in order."""

import os
import signal
from pathlib import Path

import pytest

from cloud.cli.notifications.repeated_work import RepeatedWork, attempt, repeat_until_stopped
from tests.cloud.databases import new_engine


def test_work_is_repeated_until_a_signal_and_then_ended(tmp_path: Path, caplog) -> None:
    done: list[str] = []

    def work() -> None:
        done.append("work")
        if len(done) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        raise ValueError("a fault")

    repeat_until_stopped(
        new_engine(tmp_path), [RepeatedWork(0.001, work)], "work.failed",
        at_end=lambda: done.append("end"), longest_end_s=30.0,
    )  # fmt: skip
    assert done[:3] == ["work"] * 3
    assert done[-1] == "end"
    assert "work.failed" in caplog.text


@pytest.mark.parametrize(("fails", "is_done"), [(True, False), (False, True)])
def test_an_attempt_says_whether_it_worked(fails: bool, is_done: bool, caplog) -> None:
    assert attempt(lambda: 1 / 0 if fails else None, "work.failed") is is_done
    assert ("work.failed" in caplog.text) is fails
