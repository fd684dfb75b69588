"""The system clock. Only entry points call it; other code takes `now` or a `clock` argument.

A rehearsal of weeks in minutes moves the clock of some programs: `ONLOOKER_REHEARSAL_CLOCK` names a
file with the whole seconds to add to the system clock, such as `-691200`. It is read at every call,
so all these programs move together when the file is replaced.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

REHEARSAL: Final = "ONLOOKER_REHEARSAL_CLOCK"
LONGEST_OFFSET: Final = timedelta(days=3_660)


class RehearsalClockError(RuntimeError):
    """The file of a rehearsal's clock cannot be used."""


def utc_now() -> datetime:
    """The current instant, aware, in UTC; raises RehearsalClockError."""
    return datetime.now(UTC) + read_offset(os.environ)


def is_rehearsal(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the clock of this program is moved."""
    return bool(environment.get(REHEARSAL))


def read_offset(environment: Mapping[str, str]) -> timedelta:
    """What is added to the system clock: nothing, except in a rehearsal."""
    path = environment.get(REHEARSAL)
    if not path:
        return timedelta(0)
    try:
        offset = timedelta(seconds=int(Path(path).read_text(encoding="ascii")))
    except (OSError, ValueError, OverflowError) as error:
        raise RehearsalClockError(
            f"{REHEARSAL}: {path} has no number of seconds ({error}): write one such as -86400, "
            "or unset the variable"
        ) from error
    if abs(offset) > LONGEST_OFFSET:
        raise RehearsalClockError(
            f"{REHEARSAL}: {path} moves the clock by {offset}: at most {LONGEST_OFFSET.days} days"
        )
    return offset
