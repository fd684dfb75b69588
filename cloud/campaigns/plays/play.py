"""One play by a player's log, in one form for every format.

A screen cannot start the same creative twice at one instant, so screen, creative and start identify
a play in overlapping exports, also in those of different systems. The reference of the player
(OpenDirect's `publisherplayoutref`, unique for ever) identifies it as well.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from wire.audience import CREATIVE, UNKNOWN_CREATIVE

MAX_REF: Final = 120
MAX_LINE: Final = 63
LONGEST_PLAY: Final = timedelta(hours=1)
OLDEST: Final = timedelta(days=400)
FURTHEST_AHEAD: Final = timedelta(minutes=10)
"""A play that starts later than this after now is of a wrong clock or zone."""
_CREATIVE: Final = re.compile(CREATIVE)
_MILLISECOND: Final = timedelta(milliseconds=1)


class PlayError(ValueError):
    """A row that is no play; the message is the same for all rows with the same fault."""


class PlaySource(StrEnum):
    """Where a log comes from."""

    XIBO = "xibo"
    BROADSIGN = "broadsign"
    OPENDIRECT = "opendirect"
    HTTP = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedPlay:
    """A play; `line` is empty where the log does not name the order line."""

    location: str
    creative: str
    started_at: datetime
    duration: timedelta | None = None
    line: str = ""
    ref: str | None = None

    @property
    def key(self) -> str:
        """The digest of screen, creative and start."""
        words = f"{self.location}\n{self.creative}\n{self.started_at.timestamp():.3f}"
        return hashlib.sha256(words.encode()).hexdigest()

    @property
    def offset_minutes(self) -> int:
        """The offset of the log's clock from UTC."""
        offset = self.started_at.utcoffset() or timedelta()
        return offset // timedelta(minutes=1)

    @property
    def duration_ms(self) -> int | None:
        """The duration in milliseconds."""
        return None if self.duration is None else self.duration // _MILLISECOND


def check_play(play: LoggedPlay, now: datetime) -> None:
    """Raise PlayError for values that no play has."""
    if not _CREATIVE.fullmatch(play.creative) or play.creative == UNKNOWN_CREATIVE:
        raise PlayError("the creative is no name: write letters, digits and . _ : / - , at most 64")
    if play.started_at.utcoffset() is None:
        raise PlayError("the start has no offset from UTC")
    if play.started_at > now + FURTHEST_AHEAD:
        raise PlayError("the start is in the future: check clock and time zone of the log")
    if play.started_at < now - OLDEST:
        raise PlayError(f"the start is more than {OLDEST.days} days ago")
    if play.duration is not None and not timedelta() <= play.duration <= LONGEST_PLAY:
        raise PlayError("the duration is not between 0 and one hour")
    if len(play.line) > MAX_LINE or not play.line.isprintable():
        raise PlayError(f"the order line is longer than {MAX_LINE} characters, or unprintable")
    if play.ref is not None and not (1 <= len(play.ref) <= MAX_REF and play.ref.isprintable()):
        raise PlayError(f"the play reference is empty, unprintable, or longer than {MAX_REF}")
