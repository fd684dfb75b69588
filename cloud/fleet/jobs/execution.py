"""Job executions: the state of one job on each of many devices.

The behaviour is that of AWS IoT Jobs according to its developer guide: an execution is queued, in
progress, or over, and over is final. A version detects concurrent updates. A timer limits an
execution in progress. Nothing here does I/O; `at` is whole seconds since 1970.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

MAX_DETAILS: Final = 10
MAX_DETAIL_CHARACTERS: Final = 1_024
MAX_STEP_MINUTES: Final = 7 * 24 * 60


class ExecutionStatus(StrEnum):
    """The status of one device in one job."""

    QUEUED = "QUEUED"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    TIMED_OUT = "TIMED_OUT"
    CANCELED = "CANCELED"
    REMOVED = "REMOVED"

    @property
    def is_over(self) -> bool:
        """Whether nothing can change it any more."""
        return self not in (ExecutionStatus.QUEUED, ExecutionStatus.IN_PROGRESS)


DEVICE_STATUSES: Final = (
    ExecutionStatus.IN_PROGRESS,
    ExecutionStatus.SUCCEEDED,
    ExecutionStatus.FAILED,
    ExecutionStatus.REJECTED,
)
FAILURE_STATUSES: Final = (
    ExecutionStatus.FAILED,
    ExecutionStatus.REJECTED,
    ExecutionStatus.TIMED_OUT,
)


class JobError(ValueError):
    """A request that is refused, with the error code of the protocol."""

    def __init__(self, code: str, message: str, execution: "Execution | None" = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.execution = execution


@dataclass(frozen=True, slots=True)
class Execution:
    """One device's part of one job."""

    job: str
    device: str
    queued_at: int
    status: ExecutionStatus = ExecutionStatus.QUEUED
    details: Mapping[str, str] = field(default_factory=dict)
    started_at: int | None = None
    updated_at: int = 0
    version: int = 1
    number: int = 1
    times_out_at: int | None = None


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """A device's update of its execution, validated."""

    status: ExecutionStatus
    details: Mapping[str, str] | None = None
    expected_version: int | None = None
    number: int | None = None
    step_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class AbortCriteria:
    """Cancel the job when too many of the finished executions have failed."""

    at_least: int
    percentage: float
    kinds: tuple[ExecutionStatus, ...] = FAILURE_STATUSES


@dataclass(frozen=True, slots=True)
class RolloutConfig:
    """How fast a job spreads, how long a device may take, when to stop."""

    per_minute: int | None = None
    minutes_each: int | None = None
    abort: AbortCriteria | None = None


def apply_update(
    before: Execution, update: StatusUpdate, rollout: RolloutConfig, *, at: int
) -> Execution:
    """The execution after a device's update, or JobError."""
    if update.number is not None and update.number != before.number:
        raise JobError("ResourceNotFound", f"There is no execution {update.number} of this job")
    if update.expected_version is not None and update.expected_version != before.version:
        raise JobError(
            "VersionMismatch",
            f"Expected version {update.expected_version} but was {before.version}",
            before,
        )
    if before.status.is_over:
        raise JobError(
            "InvalidStateTransition", f"An execution that is {before.status} is over", before
        )
    starts = (
        before.status is ExecutionStatus.QUEUED and update.status is ExecutionStatus.IN_PROGRESS
    )
    return replace(
        before,
        status=update.status,
        details=before.details if update.details is None else update.details,
        started_at=at if before.started_at is None else before.started_at,
        updated_at=at,
        version=before.version + 1,
        times_out_at=None
        if update.status.is_over
        else _deadline(before, update.step_minutes, rollout.minutes_each if starts else None, at),
    )


def _deadline(
    before: Execution, step_minutes: int | None, minutes_each: int | None, at: int
) -> int | None:
    if step_minutes == -1:
        return None
    minutes = step_minutes if step_minutes is not None else minutes_each
    return before.times_out_at if minutes is None else at + 60 * minutes


def time_out(before: Execution, *, at: int) -> Execution | None:
    """The execution after its time has run out, or None when it has not."""
    if before.status is not ExecutionStatus.IN_PROGRESS or before.times_out_at is None:
        return None
    if at < before.times_out_at:
        return None
    return replace(
        before,
        status=ExecutionStatus.TIMED_OUT,
        updated_at=at,
        version=before.version + 1,
        times_out_at=None,
    )


def end_execution(before: Execution, status: ExecutionStatus, *, at: int) -> Execution:
    """The execution after an operator or a timer has ended it."""
    return replace(
        before, status=status, updated_at=at, version=before.version + 1, times_out_at=None
    )


def sort_pending(executions: Iterable[Execution]) -> list[Execution]:
    """The open executions of a device: those in progress, then those queued, oldest first."""
    waiting = [one for one in executions if not one.status.is_over]
    return sorted(
        waiting, key=lambda one: (one.status is ExecutionStatus.QUEUED, one.queued_at, one.job)
    )


def count_due(rollout: RolloutConfig, *, waiting: int, already: int, since: int, at: int) -> int:
    """How many more of the waiting devices may be notified now."""
    if rollout.per_minute is None:
        return waiting
    minutes_begun = 1 + max(0, at - since) // 60
    return min(waiting, max(0, rollout.per_minute * minutes_begun - already))


def should_abort(rollout: RolloutConfig, statuses: Sequence[ExecutionStatus]) -> bool:
    """Whether too many of the finished executions have failed."""
    if rollout.abort is None:
        return False
    over = [status for status in statuses if status.is_over]
    failed = [status for status in over if status in rollout.abort.kinds]
    return len(over) >= rollout.abort.at_least > 0 and (
        len(failed) * 100 >= rollout.abort.percentage * len(over) and bool(failed)
    )


def summarize(one: Execution) -> dict[str, Any]:
    """As lists show it."""
    return {
        "jobId": one.job,
        "queuedAt": one.queued_at,
        **({"startedAt": one.started_at} if one.started_at is not None else {}),
        "lastUpdatedAt": one.updated_at,
        "versionNumber": one.version,
        "executionNumber": one.number,
    }


def describe(one: Execution, document: Any, *, at: int) -> dict[str, Any]:
    """As its own description shows it; without the document when that is None."""
    left = (
        {}
        if one.times_out_at is None
        else {"approximateSecondsBeforeTimedOut": one.times_out_at - at}
    )
    return {
        **summarize(one),
        "thingName": one.device,
        "status": one.status,
        **({"statusDetails": dict(one.details)} if one.details else {}),
        **left,
        **({"jobDocument": document} if document is not None else {}),
    }


def execution_state(one: Execution) -> dict[str, Any]:
    """The short form that answers an update."""
    return {
        "status": one.status,
        "statusDetails": dict(one.details),
        "versionNumber": one.version,
    }


def parse_update(request: Mapping[str, Any]) -> StatusUpdate:
    """Understand a device's update, or raise JobError."""
    return StatusUpdate(
        status=_parse_status(request.get("status")),
        details=parse_details(request),
        expected_version=_parse_whole_number(request, "expectedVersion", least=0),
        number=_parse_whole_number(request, "executionNumber", least=0),
        step_minutes=parse_step_timeout(request),
    )


def parse_step_timeout(request: Mapping[str, Any]) -> int | None:
    """The step's timer: minutes, -1 to stop it, or None to leave it."""
    minutes = _parse_whole_number(request, "stepTimeoutInMinutes", least=-1)
    if minutes is not None and (minutes == 0 or minutes > MAX_STEP_MINUTES):
        raise JobError(
            "InvalidRequest", f"stepTimeoutInMinutes must be 1 to {MAX_STEP_MINUTES}, or -1"
        )
    return minutes


def parse_details(request: Mapping[str, Any]) -> Mapping[str, str] | None:
    """The status details: up to ten short words with short values."""
    details = request.get("statusDetails")
    if details is None:
        return None
    if not isinstance(details, dict) or len(details) > MAX_DETAILS:
        raise JobError(
            "InvalidRequest", f"statusDetails must be an object of at most {MAX_DETAILS}"
        )
    for key, value in details.items():
        if not isinstance(value, str) or len(value) > MAX_DETAIL_CHARACTERS or len(key) > 128:
            raise JobError("InvalidRequest", "statusDetails must hold short strings")
    return details


def _parse_status(word: Any) -> ExecutionStatus:
    if not isinstance(word, str) or word not in set(DEVICE_STATUSES):
        raise JobError("InvalidRequest", f"status must be one of {', '.join(DEVICE_STATUSES)}")
    return ExecutionStatus(word)


def _parse_whole_number(request: Mapping[str, Any], name: str, *, least: int) -> int | None:
    value = request.get(name)
    if value is None:
        return None
    if isinstance(value, str) and value.lstrip("-").isdigit():
        value = int(value)  # the service accepts numbers as strings, as older SDKs send them
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise JobError("InvalidRequest", f"{name} must be a whole number, {least} or more")
    return value
