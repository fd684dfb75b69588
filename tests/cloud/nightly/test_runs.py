"""Checkpoints of runs and steps."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine

from cloud.database import reading
from cloud.nightly import runs
from cloud.nightly.runs import RunStatus
from cloud.nightly.steps import StepRecord, StepStatus

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
DAYS = (date(2026, 11, 1), date(2026, 11, 7))


def test_a_run_is_resumed_after_its_finished_steps(engine: Engine):
    assert runs.read_last_run(engine) is None
    number = runs.start_run(engine, DAYS, NOW)
    done = StepRecord("land", StepStatus.DONE, 2, NOW, NOW + timedelta(seconds=4), 7, "a note")
    running = StepRecord("promote-raw", StepStatus.RUNNING, 1, NOW + timedelta(seconds=5))
    for record in (replace(done, status=StepStatus.RUNNING), done, running):
        runs.record_step(engine, number, record)

    assert runs.resume_run(engine, number) == {"land"}
    assert runs.read_steps(engine, number) == [done, running]
    last = runs.read_last_run(engine)
    assert last is not None
    assert (last.days, last.status) == (DAYS, RunStatus.RUNNING)
    assert runs.read_unbuilt_days(engine, "promote-raw") == DAYS
    assert runs.read_unbuilt_days(engine, "land") is None


def test_a_run_that_did_not_end_was_interrupted(engine: Engine):
    first = runs.start_run(engine, None, NOW)
    with reading(engine) as connection:
        assert runs.read_last_completed_at(connection) is None
    second = runs.start_run(engine, None, NOW)
    runs.end_run(engine, second, RunStatus.COMPLETE, NOW + timedelta(hours=1))
    assert second > first
    with reading(engine) as connection:
        assert runs.read_last_completed_at(connection) == NOW + timedelta(hours=1)
        assert runs.read_first_started_at(connection) == NOW
    last = runs.read_last_run(engine)
    assert last is not None
    assert (last.id, last.days, last.status) == (second, None, RunStatus.COMPLETE)
