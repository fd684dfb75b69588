"""Executions, rollouts and their limits, with injected time."""

import pytest

from cloud.fleet.jobs import execution
from cloud.fleet.jobs.execution import (
    AbortCriteria,
    Execution,
    ExecutionStatus,
    JobError,
    RolloutConfig,
    StatusUpdate,
)

AT = 1_795_000_000
QUEUED = Execution("j", "cam-1", AT, updated_at=AT)


def updated(before, status, *, at=AT + 10, rollout=RolloutConfig(), **fields):  # noqa: B008 - frozen
    return execution.apply_update(before, StatusUpdate(status, **fields), rollout, at=at)


def test_an_execution_begins_goes_on_and_ends():
    begun = updated(QUEUED, ExecutionStatus.IN_PROGRESS, details={"step": "1"})
    assert (begun.version, begun.started_at, begun.details) == (2, AT + 10, {"step": "1"})
    goes_on = updated(begun, ExecutionStatus.IN_PROGRESS, at=AT + 20)
    assert (goes_on.version, goes_on.started_at, goes_on.details) == (3, AT + 10, {"step": "1"})
    done = updated(goes_on, ExecutionStatus.SUCCEEDED, at=AT + 30)
    assert (done.version, done.updated_at, done.times_out_at) == (4, AT + 30, None)


@pytest.mark.parametrize("over", [status for status in ExecutionStatus if status.is_over])
@pytest.mark.parametrize("status", execution.DEVICE_STATUSES)
def test_an_execution_that_is_over_accepts_no_update(over, status):
    with pytest.raises(JobError, match="is over") as refused:
        updated(execution.end_execution(QUEUED, over, at=AT), status)
    assert refused.value.code == "InvalidStateTransition"
    assert refused.value.execution.status is over


def test_a_version_guards_against_two_that_update_at_once():
    assert updated(QUEUED, ExecutionStatus.IN_PROGRESS, expected_version=1).version == 2
    with pytest.raises(JobError, match="Expected version 2 but was 1") as refused:
        updated(QUEUED, ExecutionStatus.IN_PROGRESS, expected_version=2)
    assert refused.value.code == "VersionMismatch"


def test_the_timer_starts_when_work_does_and_a_step_may_set_its_own():
    #  10 s  begun, 5 minutes for all        -> 310
    #  60 s  a step asks for 1 minute        -> 120
    #  80 s  a step stops the timer          -> never
    rollout = RolloutConfig(minutes_each=5)
    begun = updated(QUEUED, ExecutionStatus.IN_PROGRESS, rollout=rollout)
    assert begun.times_out_at == AT + 310
    assert (
        updated(begun, ExecutionStatus.IN_PROGRESS, at=AT + 50, rollout=rollout).times_out_at
        == AT + 310
    )
    step = updated(begun, ExecutionStatus.IN_PROGRESS, at=AT + 60, step_minutes=1, rollout=rollout)
    assert step.times_out_at == AT + 120
    endless = updated(
        step, ExecutionStatus.IN_PROGRESS, at=AT + 80, step_minutes=-1, rollout=rollout
    )
    assert endless.times_out_at is None


def test_time_runs_out_at_the_very_second():
    begun = updated(QUEUED, ExecutionStatus.IN_PROGRESS, step_minutes=1)
    assert execution.time_out(begun, at=AT + 69) is None
    assert execution.time_out(begun, at=AT + 70).status is ExecutionStatus.TIMED_OUT
    assert execution.time_out(QUEUED, at=AT + 10**9) is None


def test_what_is_in_progress_comes_first_then_the_oldest():
    late = Execution("a", "cam-1", AT + 5)
    begun = updated(Execution("z", "cam-1", AT + 9), ExecutionStatus.IN_PROGRESS)
    over = execution.end_execution(Execution("b", "cam-1", AT), ExecutionStatus.CANCELED, at=AT)
    assert [one.job for one in execution.sort_pending([late, over, QUEUED, begun])] == [
        "z",
        "j",
        "a",
    ]


@pytest.mark.parametrize(
    ("per_minute", "at", "already", "allowed"),
    [
        (None, 0, 0, 100),
        (10, 0, 0, 10),
        (10, 59, 10, 0),
        (10, 60, 10, 10),
        (10, 600, 10, 100),
        (10, -5, 0, 10),  # a clock that was set back
    ],
)
def test_a_rollout_spreads_at_its_rate(per_minute, at, already, allowed):
    rollout = RolloutConfig(per_minute=per_minute)
    assert (
        execution.count_due(rollout, waiting=100, already=already, since=AT, at=AT + at) == allowed
    )


S, F, R, Q = (
    ExecutionStatus.SUCCEEDED,
    ExecutionStatus.FAILED,
    ExecutionStatus.REJECTED,
    ExecutionStatus.QUEUED,
)


@pytest.mark.parametrize(
    ("statuses", "stops"),
    [
        ([], False),
        ([F, F], False),  # fewer than three are over
        ([F, Q, Q, Q], False),
        ([F, S, S], True),  # a third
        ([F, S, S, S], False),
        ([S, S, S], False),
        ([R, S, S], True),
    ],
)
def test_a_rollout_stops_when_too_many_of_enough_go_wrong(statuses, stops):
    rollout = RolloutConfig(abort=AbortCriteria(at_least=3, percentage=33.0))
    assert execution.should_abort(rollout, statuses) is stops
    assert not execution.should_abort(RolloutConfig(), statuses)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "status must be one of"),
        ({"status": "QUEUED"}, "status must be one of"),
        ({"status": ["FAILED"]}, "status must be one of"),
        ({"status": "FAILED", "expectedVersion": -1}, "expectedVersion must be a whole number"),
        ({"status": "FAILED", "expectedVersion": True}, "expectedVersion must be a whole number"),
        ({"status": "FAILED", "expectedVersion": 1.5}, "expectedVersion must be a whole number"),
        ({"status": "FAILED", "stepTimeoutInMinutes": 0}, "must be 1 to 10080, or -1"),
        ({"status": "FAILED", "stepTimeoutInMinutes": 10_081}, "must be 1 to 10080, or -1"),
        ({"status": "FAILED", "statusDetails": []}, "statusDetails must be an object"),
        ({"status": "FAILED", "statusDetails": {"a": 1}}, "must hold short strings"),
        ({"status": "FAILED", "statusDetails": {"a": "x" * 1_025}}, "must hold short strings"),
        (
            {"status": "FAILED", "statusDetails": {str(n): "" for n in range(11)}},
            "an object of at most 10",
        ),
    ],
)
def test_an_invalid_update_is_refused(request_, message):
    with pytest.raises(JobError, match=message) as refused:
        execution.parse_update(request_)
    assert refused.value.code == "InvalidRequest"


def test_numbers_may_come_as_text():
    assert (
        execution.parse_update({"status": "FAILED", "expectedVersion": "3"}).expected_version == 3
    )
