"""The progress of a run on a terminal and elsewhere."""

from datetime import UTC, datetime, timedelta
from io import StringIO

from cloud.cli.nightly.progress import ProgressDisplay
from cloud.nightly.steps import StepRecord, StepStatus

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
RECORDS = (
    StepRecord("land", StepStatus.RUNNING, 1, NOW),
    StepRecord("land", StepStatus.RUNNING, 1, NOW, notes="ConnectionError: gone"),
    StepRecord("land", StepStatus.RUNNING, 2, NOW),
    StepRecord("land", StepStatus.DONE, 2, NOW, NOW + timedelta(seconds=4), 7, "a note\nanother"),
    StepRecord("compact", StepStatus.BLOCKED, 0, NOW, NOW, notes="not started: land is not done"),
)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def show(output: StringIO) -> str:
    display = ProgressDisplay(output, total=2)
    for record in RECORDS:
        display.show(record)
    return output.getvalue()


def test_elsewhere_each_event_is_one_line():
    assert show(StringIO()).splitlines() == [
        "land: attempt 1 failed: ConnectionError: gone",
        "land: done, 7 rows, 4.0 s",
        "  a note",
        "  another",
        "compact: blocked",
        "  not started: land is not done",
    ]


def test_a_terminal_has_a_bar_below_the_lines():
    shown = show(Terminal()).split("\r\x1b[K")
    assert shown[1] == "░" * 20 + " 0 of 2  land"
    assert shown[2] == "land: attempt 1 failed: ConnectionError: gone\n"
    assert shown[4] == "░" * 20 + " 0 of 2  land"
    assert shown[5] == "land: done, 7 rows, 4.0 s\n  a note\n  another\n"
    assert shown[6] == "█" * 10 + "░" * 10 + " 1 of 2"
    assert shown[7].startswith("compact: blocked")
    assert len(shown) == 8
