"""The clock of the sales server, which the demonstration moves from the purchase to today."""

from datetime import datetime
from pathlib import Path

from simulators.output_file import replace_file
from wire.clock import REHEARSAL, read_offset


class MovedClock:
    """The file that moves the clock of programs with this environment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.environment = {REHEARSAL: str(path)}

    def move_to(self, at: datetime, now: datetime) -> None:
        """Let the clock show `at` now, and run on from there."""
        with replace_file(self._path) as file:
            file.write_text(f"{round((at - now).total_seconds())}\n")

    def show(self, now: datetime) -> datetime:
        """What the clock shows."""
        return now + read_offset(self.environment)
