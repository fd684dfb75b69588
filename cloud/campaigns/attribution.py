"""Divide what was shown between the lines that have booked it: plays and times, without remainder.

The definitions are those of the mart `campaign_performance`. What several lines have booked for one
creative is divided by booked time; times of people are divided by attention, so that each part fits
into the part of all people. Plays of an hour without a report, or in which time is not attributed
to a creative, are None: unknown.

Plays of a player's log add to that: a log that names the line gives the play to that line; other
plays are divided by booked time. A play that the camera and the log both have is one play, so the
plays of a line are the greater of both figures.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cloud.campaigns.booked_hours import BookedHour, HourKey
from cloud.campaigns.screen_hours import CreativeKey, MeasuredHours, ShownHour

ANY_LINE: Final = ""
"""The line of logged plays that name none."""


@dataclass(frozen=True, slots=True)
class LoggedHours:
    """Plays of player logs: by screen, hour, creative and line, and the hours that a log covers."""

    plays: Mapping[tuple[HourKey, str, str], int] = field(default_factory=dict)
    covered: frozenset[HourKey] = frozenset()


@dataclass(frozen=True, slots=True)
class LineHour:
    """One hour of a line and creative: what was booked, shown and measured.

    `measured_plays` and the times are those of the mart. `plays` adds the plays of logs; it is None
    where neither a camera nor a log says whether the creative was shown. `observed_ms` is None
    where the measured time of the creative is unknown.
    """

    booked: BookedHour
    plays: int | None
    measured_plays: int | None
    logged_plays: int | None
    cameras: int
    observed_ms: int | None
    person_ms: int
    looking_ms: int

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
    key = of[0]
    shown = measured.shown.get(of)
    logs = _divide_logged(of, hours, logged) if key in logged.covered else None
    whole_s, until_s = sum(one.booked_s for one in hours), 0
    for number, hour in enumerate(hours):
        from_s, until_s = until_s, until_s + hour.booked_s
        part = _LinePart(from_s, until_s, whole_s)
        log = None if logs is None else logs[number]
        if shown is not None:
            yield _to_line_hour(hour, shown, part, log)
        else:
            is_zero = measured.is_attributed(key)
            plays = 0 if is_zero else None
            known = [one for one in (plays, log) if one is not None]
            observed_ms = 0 if is_zero else None
            yield LineHour(hour, max(known, default=None), plays, log, 0, observed_ms, 0, 0)


@dataclass(frozen=True, slots=True)
class _LinePart:
    """The part of a line: from one second to another of all booked seconds."""

    from_s: int
    until_s: int
    whole_s: int

    def of(self, number: int) -> int:
        """Its part of a whole number."""
        return number * self.until_s // self.whole_s - number * self.from_s // self.whole_s


def _to_line_hour(hour: BookedHour, shown: ShownHour, part: _LinePart, log: int | None) -> LineHour:
    plays, looking_ms = part.of(shown.plays), part.of(shown.looking_ms)
    person_ms = (
        looking_ms
        + part.of(shown.facing_ms - shown.looking_ms)
        + part.of(shown.unsure_ms)
        + part.of(shown.person_ms - shown.facing_ms - shown.unsure_ms)
    )
    return LineHour(
        booked=hour,
        plays=max(plays, log or 0),
        measured_plays=plays,
        logged_plays=log,
        cameras=shown.cameras,
        observed_ms=part.of(shown.observed_ms),
        person_ms=person_ms,
        looking_ms=looking_ms,
    )


def _divide_logged(of: CreativeKey, hours: Sequence[BookedHour], logged: LoggedHours) -> list[int]:
    """The logged plays of each line: those that name it, and its part of the others."""
    named = [logged.plays.get((*of, one.line_id), 0) for one in hours]
    others = logged.plays.get((*of, ANY_LINE), 0)
    whole_s, until_s, found = sum(one.booked_s for one in hours), 0, []
    for hour, own in zip(hours, named, strict=True):
        from_s, until_s = until_s, until_s + hour.booked_s
        found.append(own + _LinePart(from_s, until_s, whole_s).of(others))
    return found
