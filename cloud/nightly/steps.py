"""The steps of a run and how they are ordered, repeated and recorded.

A failed step stops the steps that come after it, directly or not, and no others. An error that may
pass, such as a lock or a lost connection, is tried again after a pause.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.exc import DBAPIError

from cloud.database.failures import failure_sentence
from wire.addresses import hide_addresses

log = logging.getLogger(__name__)
PAUSES: Final = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))
MOST_NOTES: Final = 20
"""Notes of one step that are recorded; their number is recorded always."""
MOST_CHARACTERS: Final = 300


class StepStatus(StrEnum):
    """What became of a step."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"  # a step that it comes after is not done


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step did; `notes` name what was left out, such as a location that failed."""

    rows: int
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class NightlyStep:
    """One step. It can be run again at any time: what is done already is not done twice."""

    name: str
    run: Callable[[], StepResult]
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The state of a step in a run."""

    name: str
    status: StepStatus
    attempts: int
    started_at: datetime
    ended_at: datetime | None = None
    rows: int | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Which errors may pass, and how to wait before the next attempt."""

    is_transient: Callable[[Exception], bool]
    wait: Callable[[timedelta], None]
    pauses: Sequence[timedelta] = PAUSES


@dataclass(frozen=True, slots=True)
class StepRunner:
    """Runs steps; `observe` gets each change of a step, `confirm` is called before each."""

    observe: Callable[[StepRecord], None]
    retry: RetryPolicy
    clock: Callable[[], datetime]
    confirm: Callable[[], None] = lambda: None

    def run(self, steps: Sequence[NightlyStep], done: Collection[str] = ()) -> list[StepRecord]:
        """Run all steps that are not done and not blocked; the last record of each."""
        finished, records = set(done), []
        for step in order_steps(steps):
            if step.name in finished:
                continue
            self.confirm()
            missing = [name for name in step.after if name not in finished]
            record = self._block(step, missing) if missing else self._attempt(step)
            self.observe(record)
            records.append(record)
            if record.status is StepStatus.DONE:
                finished.add(step.name)
        return records

    def _block(self, step: NightlyStep, missing: Sequence[str]) -> StepRecord:
        now = self.clock()
        notes = f"not started: {', '.join(missing)} is not done"
        return StepRecord(step.name, StepStatus.BLOCKED, 0, now, now, notes=notes)

    def _attempt(self, step: NightlyStep) -> StepRecord:
        record = StepRecord(step.name, StepStatus.RUNNING, 0, self.clock())
        for pause in [*self.retry.pauses, None]:
            record = replace(record, attempts=record.attempts + 1, notes="")
            self.observe(record)
            try:
                result = step.run()
            except Exception as error:  # a step calls libraries of any kind
                log.exception("nightly.step_failed", extra={"step": step.name})
                record = replace(record, notes=describe_error(error))
                if pause is None or not self.retry.is_transient(error):
                    return replace(record, status=StepStatus.FAILED, ended_at=self.clock())
                self.observe(record)
                self.retry.wait(pause)
            else:
                return replace(
                    record, status=StepStatus.DONE, ended_at=self.clock(), rows=result.rows,
                    notes=_join_notes(result.notes),
                )  # fmt: skip
        raise AssertionError("the last attempt returns")


def order_steps(steps: Sequence[NightlyStep]) -> list[NightlyStep]:
    """Each step after those that it comes after, otherwise as listed.

    Raises:
        ValueError: a name is used twice, names no step, or steps come after each other in a circle.
    """
    names = [step.name for step in steps]
    if len(set(names)) < len(names):
        raise ValueError(f"a step is listed twice: {', '.join(names)}")
    ordered: list[NightlyStep] = []
    waiting = list(steps)
    while waiting:
        before = {step.name for step in ordered}
        ready = next((step for step in waiting if before.issuperset(step.after)), None)
        if ready is None:
            left = ", ".join(f"{step.name} after {' and '.join(step.after)}" for step in waiting)
            raise ValueError(f"these steps can never start: {left}; correct their names or order")
        ordered.append(ready)
        waiting.remove(ready)
    return ordered


def describe_error(error: Exception) -> str:
    """One sentence without addresses or rows of the database."""
    if isinstance(error, DBAPIError):
        return failure_sentence(error)
    return hide_addresses(f"{type(error).__name__}: {error}")[:MOST_CHARACTERS]


def _join_notes(notes: Sequence[str]) -> str:
    shown = [note[:MOST_CHARACTERS] for note in notes[:MOST_NOTES]]
    if len(notes) > MOST_NOTES:
        shown.append(f"and {len(notes) - MOST_NOTES} more")
    return "\n".join(shown)
