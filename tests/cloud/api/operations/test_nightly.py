"""Nightly runs over HTTP: steps, durations, failures and the age of the newest complete run."""

from datetime import timedelta

from cloud.app.context import AppContext
from cloud.nightly.runs import RunStatus, end_run, record_step, start_run
from cloud.nightly.steps import StepRecord, StepStatus

PATH = "/api/nightly/runs"
HOUR = timedelta(hours=1)


def test_without_a_run_nothing_is_late(ask):
    answer = ask.get(PATH).json()
    assert answer["runs"] == []
    assert answer["freshness"] == {
        "completed_at": None, "age_h": None, "late_after_h": 26.0, "is_late": False,
    }  # fmt: skip


def test_runs_are_listed_with_their_steps_and_pages(ask, context: AppContext, clock):
    start = clock.now - 30 * HOUR
    first = start_run(context.engine, None, start)
    done = StepRecord("land", StepStatus.DONE, 1, start, start + HOUR, 1_200, "one left\nanother")
    record_step(context.engine, first, done)
    end_run(context.engine, first, RunStatus.COMPLETE, start + HOUR)
    day = clock.now.date()
    second = start_run(context.engine, (day, day), clock.now - HOUR)
    failed = StepRecord("land", StepStatus.FAILED, 4, clock.now - HOUR, clock.now, notes="disk")
    record_step(context.engine, second, failed)
    end_run(context.engine, second, RunStatus.FAILED, clock.now)

    page = ask.get(f"{PATH}?limit=1").json()
    assert page["freshness"]["age_h"] == 29.0
    assert page["freshness"]["is_late"] is True
    (newest,) = page["runs"]
    assert (newest["status"], newest["first_on"], newest["duration_s"]) == (
        "failed", str(day), 3600.0,
    )  # fmt: skip
    assert [(one["status"], one["attempts"]) for one in newest["steps"]] == [("failed", 4)]
    (oldest,) = ask.get(f"{PATH}?before={page['next']}").json()["runs"]
    assert oldest["steps"][0]["notes"] == ["one left", "another"]
    assert oldest["steps"][0]["rows"] == 1_200
