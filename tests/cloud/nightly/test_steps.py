"""The order of steps, what a failure stops, retries and resuming, without a database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from cloud.nightly.steps import (
    PAUSES,
    NightlyStep,
    RetryPolicy,
    StepRecord,
    StepResult,
    StepRunner,
    StepStatus,
    order_steps,
)

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
GRAPH = {"a": (), "b": ("a",), "c": ("b",), "d": (), "e": ("c", "d")}


@dataclass
class Night:
    """Steps that succeed, unless `errors` has one more for them."""

    errors: dict[str, list[Exception]] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    pauses: list[timedelta] = field(default_factory=list)
    seen: list[StepRecord] = field(default_factory=list)

    def run(self, graph: dict[str, tuple[str, ...]] = GRAPH, done: set[str] = frozenset()):
        retry = RetryPolicy(lambda error: isinstance(error, ConnectionError), self.pauses.append)
        runner = StepRunner(self.seen.append, retry, lambda: NOW)
        steps = [NightlyStep(name, lambda n=name: self._do(n), graph[name]) for name in graph]
        return {record.name: record for record in runner.run(steps, done)}

    def _do(self, name: str) -> StepResult:
        self.started.append(name)
        if self.errors.get(name):
            raise self.errors[name].pop(0)
        return StepResult(len(name), [f"note of {name}"])


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        (GRAPH, "abcde"),
        ({"c": ("b",), "b": ("a",), "a": ()}, "abc"),
        ({"x": (), "b": ("y",), "y": ()}, "xyb"),
        ({}, ""),
    ],
)
def test_a_step_follows_those_that_it_comes_after(graph, expected):
    steps = [NightlyStep(name, lambda: StepResult(0), after) for name, after in graph.items()]
    assert "".join(step.name for step in order_steps(steps)) == expected


@pytest.mark.parametrize(
    "steps",
    [
        [("a", ("b",)), ("b", ("a",))],
        [("a", ("a",))],
        [("a", ("missing",))],
        [("a", ()), ("a", ())],
    ],
)
def test_steps_that_can_never_start_are_refused(steps):
    with pytest.raises(ValueError, match=r"never start|listed twice"):
        order_steps([NightlyStep(name, lambda: StepResult(0), after) for name, after in steps])


@pytest.mark.parametrize(
    ("failing", "done", "blocked"),
    [
        ("a", "d", "bce"),
        ("b", "ad", "ce"),
        ("d", "abc", "e"),
        ("e", "abcd", ""),
    ],
)
def test_a_failure_stops_what_comes_after_it_and_nothing_else(failing, done, blocked):
    records = Night({failing: [ValueError("no")]}).run()
    by_status = {
        status: {name for name, record in records.items() if record.status is status}
        for status in StepStatus
    }
    assert by_status[StepStatus.DONE] == set(done)
    assert by_status[StepStatus.BLOCKED] == set(blocked)
    assert by_status[StepStatus.FAILED] == {failing}
    assert records[failing].notes == "ValueError: no"


def test_what_is_done_is_not_repeated():
    night = Night()
    assert list(night.run(done={"a", "b"})) == ["c", "d", "e"]
    assert night.started == ["c", "d", "e"]


@pytest.mark.parametrize(
    ("errors", "status", "attempts", "pauses"),
    [
        ([], StepStatus.DONE, 1, 0),
        ([ConnectionError()], StepStatus.DONE, 2, 1),
        ([ConnectionError()] * 3, StepStatus.DONE, 4, 3),
        ([ConnectionError()] * 4, StepStatus.FAILED, 4, 3),
        ([ConnectionError(), ValueError()], StepStatus.FAILED, 2, 1),
        ([ValueError()], StepStatus.FAILED, 1, 0),
    ],
)
def test_errors_that_may_pass_are_tried_again_after_longer_pauses(errors, status, attempts, pauses):
    night = Night({"a": list(errors)})
    record = night.run({"a": ()})["a"]
    assert (record.status, record.attempts) == (status, attempts)
    assert night.pauses == list(PAUSES[:pauses])
    assert tuple(sorted(PAUSES)) == PAUSES


def test_each_change_is_observed_and_the_last_one_has_rows_and_notes():
    night = Night({"a": [ConnectionError("gone")]})
    night.run({"a": ()})
    assert [(one.status, one.attempts, one.notes) for one in night.seen] == [
        ("running", 1, ""),
        ("running", 1, "ConnectionError: gone"),
        ("running", 2, ""),
        ("done", 2, "note of a"),
    ]
    assert night.seen[-1].rows == 1


def test_a_lost_lock_ends_the_run_before_the_next_step():
    night = Night()

    def confirm() -> None:
        if night.started == ["a"]:
            raise InterruptedError

    runner = StepRunner(
        night.seen.append, RetryPolicy(lambda _: False, night.pauses.append), lambda: NOW, confirm
    )
    steps = [NightlyStep(name, lambda n=name: night._do(n)) for name in "ab"]
    with pytest.raises(InterruptedError):
        runner.run(steps)
    assert night.started == ["a"]


def test_the_address_of_the_database_is_not_in_an_error():
    night = Night({"a": [ValueError("postgresql://user:secret@host/name fails")]})
    assert "secret" not in night.run({"a": ()})["a"].notes
