"""The progress of a run: a bar on a terminal, plain lines elsewhere."""

from dataclasses import dataclass, field
from typing import Final, TextIO

from cloud.nightly.steps import StepRecord, StepStatus

WIDTH: Final = 20
CLEAR_LINE: Final = "\r\x1b[K"
ENDED: Final = (StepStatus.DONE, StepStatus.FAILED, StepStatus.BLOCKED)


@dataclass
class ProgressDisplay:
    """Writes each change of a step; `done` counts the steps that have ended, of `total`."""

    output: TextIO
    total: int
    done: int = 0
    is_terminal: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_terminal = self.output.isatty()

    def show(self, record: StepRecord) -> None:
        """Write one change."""
        running = ""
        if record.status in ENDED:
            self.done += 1
            self._write_line(describe_step(record))
        elif record.notes:
            self._write_line(f"{record.name}: attempt {record.attempts} failed: {record.notes}")
        else:
            running = f"  {record.name}"
        if self.is_terminal and self.done < self.total:
            filled = WIDTH * self.done // self.total
            bar = "█" * filled + "░" * (WIDTH - filled)
            self.output.write(f"{CLEAR_LINE}{bar} {self.done} of {self.total}{running}")
        self.output.flush()

    def _write_line(self, line: str) -> None:
        self.output.write(f"{CLEAR_LINE if self.is_terminal else ''}{line}\n")


def describe_step(record: StepRecord) -> str:
    """A step that has ended, with its notes on further lines."""
    took = "" if record.ended_at is None else _seconds(record)
    rows = "" if record.rows is None else f", {record.rows} rows"
    lines = [f"{record.name}: {record.status}{rows}{took}"]
    return "\n  ".join([*lines, *record.notes.splitlines()])


def _seconds(record: StepRecord) -> str:
    if record.ended_at is None or record.status is StepStatus.BLOCKED:
        return ""
    return f", {(record.ended_at - record.started_at).total_seconds():.1f} s"
