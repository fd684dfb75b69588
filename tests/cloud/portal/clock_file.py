"""A clock of the portal's server that a journey advances: it writes seconds into a file."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from wire.clock import utc_now


@dataclass(frozen=True)
class ClockFile:
    """The time of this machine, and the seconds in the file added to it."""

    file: Path

    def __call__(self) -> datetime:
        return utc_now() + timedelta(seconds=float(self.file.read_text()))


def start_clock(folder: Path) -> ClockFile:
    """A clock that nobody has advanced yet."""
    file = folder / "clock-seconds"
    file.write_text("0")
    return ClockFile(file)
