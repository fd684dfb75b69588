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
    measured ones where a log gives plays of the creative to another line. `observed_ms` is None
    where the measured time of the creative is unknown. `is_covered`: a log has every play.
    """

    booked: BookedHour
    plays: int | None
    measured_plays: int | None
    logged_plays: int | None
    cameras: int
    observed_ms: int | None
    person_ms: int
    looking_ms: int
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
            yield from (LineHour(one, None, None, None, 0, None, 0, 0) for one in hours)
        else:
            in_order = sorted(hours, key=lambda one: one.line_id)
            yield from _divide_creative((key, creative), in_order, measured, logged)


def _divide_creative(
    of: CreativeKey, hours: Sequence[BookedHour], measured: MeasuredHours, logged: LoggedHours
) -> Iterator[LineHour]:
    is_zero = of not in measured.shown and measured.is_attributed(of[0])
    shown = NOT_SHOWN if is_zero else measured.shown.get(of)
    is_covered = of[0] in logged.covered
    parts = list(_list_parts(hours))
    logs = _divide_logged(of, hours, parts, logged)
    only_measured = None if shown is None else max(0, shown.plays - sum(logs))
    for hour, part, log in zip(hours, parts, logs, strict=True):
        logged_plays = log if log or is_covered else None
        plays = logged_plays
        if only_measured is not None:
            plays = log + part.of(only_measured)
        yield _to_line_hour(hour, shown, part, plays, logged_plays, is_covered=is_covered)


@dataclass(frozen=True, slots=True)
class _LinePart:
    """The part of a line: from one second to another of all booked seconds."""

    from_s: int
    until_s: int
    whole_s: int

    def of(self, number: int) -> int:
        """Its part of a whole number."""
        return number * self.until_s // self.whole_s - number * self.from_s // self.whole_s


def _list_parts(hours: Sequence[BookedHour]) -> Iterator[_LinePart]:
    whole_s, until_s = sum(one.booked_s for one in hours), 0
    for hour in hours:
        from_s, until_s = until_s, until_s + hour.booked_s
        yield _LinePart(from_s, until_s, whole_s)


def _to_line_hour(
    hour: BookedHour,
    shown: ShownHour | None,
    part: _LinePart,
    plays: int | None,
    logged_plays: int | None,
    *,
    is_covered: bool,
) -> LineHour:
    """`shown` is None where no camera says whether the creative was shown."""
    if shown is None:
        return LineHour(hour, plays, None, logged_plays, 0, None, 0, 0, is_covered)
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
