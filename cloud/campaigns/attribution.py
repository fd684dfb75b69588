"""Divide what was shown between the lines that have booked it: plays and times, without remainder.

The definitions are those of the mart `campaign_performance`. What several lines have booked for one
creative is divided by booked time; times of people are divided by attention, so that each part fits
into the part of all people. Plays of an hour without a report, or in which time is not attributed
to a creative, are None: unknown.

Plays of a player's log add to that: a log that names the line gives the play to that line; other
plays are divided by booked time. A play that the camera and the log both have is one play, so the
plays of a creative are the greater of both figures: those that only the camera has are divided by
booked time as well. A log that does not cover the hour says nothing of what it does not name.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Final

from cloud.campaigns.booked_hours import BookedHour, HourKey
from cloud.campaigns.screen_hours import CreativeKey, MeasuredHours, ShownHour

ANY_LINE: Final = ""
"""The line of logged plays that name none."""
NOT_SHOWN: Final = ShownHour(0, 0, 0, 0, 0, 0, 0)
"""Of a creative in an hour whose time is all attributed to others."""


@dataclass(frozen=True, slots=True)
class LoggedHours:
    """Plays of player logs by screen, hour, creative and line.

    In the hours that are `covered` the logs have every play; elsewhere there may have been more.
    """

    plays: Mapping[tuple[HourKey, str, str], int] = field(default_factory=dict)
    covered: frozenset[HourKey] = frozenset()


@dataclass(frozen=True, slots=True)
class LineHour:
    """One hour of a line and creative: what was booked, shown and measured.

    `measured_plays` and the times are those of the mart. `plays` adds the plays of logs; it is None
    where neither a camera nor a log says whether the creative was shown. They are fewer than the
    measured ones where a log gives plays of the creative to another line; `own_observed_ms` is the
    measured time of `plays`. Both times are None where the measured time of the creative is
    unknown. `is_covered`: a log has every play.
    """

    booked: BookedHour
    plays: int | None
    measured_plays: int | None
    logged_plays: int | None
    cameras: int
    observed_ms: int | None
    person_ms: int
    looking_ms: int
    own_observed_ms: int | None
    is_covered: bool = False

    @property
    def ots_milli(self) -> int | None:
        """Measured plays times the average number of people in view, in thousandths."""
        return self._multiply_plays(self.person_ms)

    @property
    def looking_ots_milli(self) -> int | None:
        """Measured plays times the average number looking, in thousandths."""
        return self._multiply_plays(self.looking_ms)

    def _multiply_plays(self, time_ms: int) -> int | None:
        if self.measured_plays == 0:
            return 0
        if not self.measured_plays or not self.observed_ms:
            return None
        return 1_000 * self.measured_plays * time_ms // self.observed_ms


def attribute_hours(
    booked: Iterable[BookedHour], measured: MeasuredHours, logged: LoggedHours
) -> Iterator[LineHour]:
    """Every booked hour with its part of what was shown, in the order of screens and hours."""
    groups: dict[tuple[HourKey, str | None], list[BookedHour]] = defaultdict(list)
    for hour in booked:
        groups[hour.key, hour.creative].append(hour)
    for (key, creative), hours in groups.items():
        if creative is None:
            yield from (LineHour(one, None, None, None, 0, None, 0, 0, None) for one in hours)
        else:
            in_order = sorted(hours, key=lambda one: one.line_id)
            yield from _divide_creative((key, creative), in_order, measured, logged)


def _divide_creative(
    of: CreativeKey, hours: Sequence[BookedHour], measured: MeasuredHours, logged: LoggedHours
) -> Iterator[LineHour]:
    is_zero = of not in measured.shown and measured.is_attributed(of[0])
    shown = NOT_SHOWN if is_zero else measured.shown.get(of)
    is_covered = of[0] in logged.covered
    parts = _list_parts([one.booked_s for one in hours])
    logs = _divide_logged(of, hours, parts, logged)
    logged_plays = [log if log or is_covered else None for log in logs]
    if shown is None:
        for hour, log in zip(hours, logged_plays, strict=True):
            yield LineHour(hour, log, None, log, 0, None, 0, 0, None, is_covered)
        return
    only_measured = max(0, shown.plays - sum(logs))
    plays = [log + part.of(only_measured) for log, part in zip(logs, parts, strict=True)]
    is_named = any((*of, hour.line_id) in logged.plays for hour in hours)
    own_parts = _list_parts(plays) if is_named else parts
    for each in zip(hours, plays, logged_plays, parts, own_parts, strict=True):
        yield _to_line_hour(shown, *each, is_covered=is_covered)


@dataclass(frozen=True, slots=True)
class _LinePart:
    """The part of a line: from one unit to another of the whole, such as booked seconds."""

    start: int
    end: int
    whole: int

    def of(self, number: int) -> int:
        """Its part of a whole number."""
        return number * self.end // self.whole - number * self.start // self.whole


def _list_parts(sizes: Sequence[int]) -> list[_LinePart]:
    ends = list(accumulate(sizes, initial=0))
    return [_LinePart(start, end, ends[-1]) for start, end in pairwise(ends)]


def _to_line_hour(
    shown: ShownHour,
    hour: BookedHour,
    plays: int,
    logged_plays: int | None,
    part: _LinePart,
    own_part: _LinePart,
    *,
    is_covered: bool,
) -> LineHour:
    looking_ms = part.of(shown.looking_ms)
    person_ms = (
        looking_ms
        + part.of(shown.facing_ms - shown.looking_ms)
        + part.of(shown.unsure_ms)
        + part.of(shown.person_ms - shown.facing_ms - shown.unsure_ms)
    )
    return LineHour(
        booked=hour,
        plays=plays,
        measured_plays=part.of(shown.plays),
        logged_plays=logged_plays,
        cameras=shown.cameras,
        observed_ms=part.of(shown.observed_ms),
        person_ms=person_ms,
        looking_ms=looking_ms,
        own_observed_ms=own_part.of(shown.observed_ms),
        is_covered=is_covered,
    )


def _divide_logged(
    of: CreativeKey, hours: Sequence[BookedHour], parts: Sequence[_LinePart], logged: LoggedHours
) -> list[int]:
    """The logged plays of each line: those that name it, and its part of the others."""
    others = logged.plays.get((*of, ANY_LINE), 0)
    return [
        logged.plays.get((*of, hour.line_id), 0) + part.of(others)
        for hour, part in zip(hours, parts, strict=True)
    ]
