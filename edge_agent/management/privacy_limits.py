"""What remote configuration may do to privacy: tighten it, never loosen it.

Every field of the remote configuration is named in `RULES` with one rule; a test fails for a field
that has none. Only the camera's own settings file loosens: it switches demographics on, records,
shows a preview, shortens intervals, removes masks and lengthens hours.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from edge_agent.opening_hours import DAYS
from edge_agent.settings.camera_settings import Settings as LocalSettings
from edge_agent.settings.field_types import Day
from edge_agent.settings.loading import SettingsError
from edge_agent.settings.schedule import OpenHours


class LooserPrivacyError(SettingsError):
    """A remote configuration that would loosen what the camera's own settings allow."""


Limit = Callable[[LocalSettings, Any], Any]


class PrivacyRule(NamedTuple):
    """How a wished value meets the camera's own: `merge` gives what is used, or raises.

    A field without influence on privacy has no `merge` and is used as it is.
    """

    why: str
    merge: Limit | None = None


def shortest_interval_s(own: LocalSettings) -> int:
    """No remote configuration asks for reports or heartbeats more often than this."""
    return min(own.privacy.min_interval_s, own.interval_s)


def _interval(own: LocalSettings, wished_ms: int) -> int:
    shortest_ms = 1000 * shortest_interval_s(own)
    if wished_ms < shortest_ms:
        raise LooserPrivacyError(
            f"an interval of {wished_ms} ms: this camera's own settings allow {shortest_ms} ms or "
            "more (privacy.min_interval_s)"
        )
    return wished_ms


def _heartbeat(own: LocalSettings, wished_ms: int) -> int:
    if wished_ms >= 1000 * own.link.heartbeat_s:
        return wished_ms
    return _interval(own, wished_ms)


def _paused(own: LocalSettings, wished: bool) -> bool:
    return wished or own.schedule.paused


def _switch(own: LocalSettings, wished: bool) -> bool:
    if wished and not own.privacy.demographics:
        raise LooserPrivacyError(
            "demographics: only this camera's own settings may switch it on (privacy.demographics)"
        )
    return wished


def _masks(own: LocalSettings, wished: Any) -> list[Any]:
    """The camera's own and those that were added; each once."""
    masks = [[list(point) for point in mask] for mask in own.capture.masks]
    added = [[list(point) for point in mask] for mask in wished]
    return masks + [mask for mask in added if mask not in masks]


def _schedule(own: LocalSettings, wished: Mapping[str, Any]) -> dict[str, Any]:
    """The hours in which both the camera's own settings and the wish let it measure."""
    zone, hours = wished.get("time_zone", own.schedule.time_zone), wished.get("hours")
    if not own.schedule.hours:
        return {**wished}
    if zone != own.schedule.time_zone:
        raise LooserPrivacyError(
            f"schedule: this camera's own hours are in {own.schedule.time_zone}: wish for hours "
            "in that time zone"
        )
    if not hours:
        return {}
    both = intersect_hours(own.schedule.hours, tuple(OpenHours(**one) for one in hours))
    if not both:
        raise LooserPrivacyError(
            "schedule: no hour lies within this camera's own; pause it instead"
        )
    return {"hours": [{"days": [day], "opens": a, "closes": b} for day, a, b in both]}


def _thresholds(own: LocalSettings, wished: Mapping[str, Any]) -> Mapping[str, Any]:
    """A shorter time makes several visits of one person, and groups are counted in visits."""
    for name in ("confirm_s", "lost_after_s"):
        least_s = getattr(own.tracking, name)
        if wished.get(name, least_s) < least_s:
            raise LooserPrivacyError(
                f"thresholds.{name} of {wished[name]:g}: this camera's own settings allow "
                f"{least_s:g} or more (tracking.{name})"
            )
    return wished


def intersect_hours(
    own: tuple[OpenHours, ...], wished: tuple[OpenHours, ...]
) -> list[tuple[Day, str, str]]:
    """Day, opening and closing for each stretch that lies in both."""
    return sorted(
        {
            (day, max(mine.opens, theirs.opens), min(mine.closes, theirs.closes))
            for mine in own
            for theirs in wished
            for day in mine.days
            if day in theirs.days
            and max(mine.opens, theirs.opens) < min(mine.closes, theirs.closes)
        },
        key=lambda one: (DAYS.index(one[0]), one[1:]),
    )


RULES: Final[Mapping[str, PrivacyRule]] = {
    "report_interval_ms": PrivacyRule("short intervals follow single people", _interval),
    "heartbeat_interval_ms": PrivacyRule("a heartbeat tells whether anything moves", _heartbeat),
    "paused": PrivacyRule("may pause, not resume", _paused),
    "schedule": PrivacyRule("may shorten the hours, not lengthen them", _schedule),
    "masks": PrivacyRule("may add masks, not remove them", _masks),
    "demographics": PrivacyRule("may switch off, not on", _switch),
    "analysed_fps": PrivacyRule("how well is measured, not what is told"),
    "analysed_px": PrivacyRule("how well is measured, not what is told"),
    "zones": PrivacyRule("told only of groups, whatever their number"),
    "view": PrivacyRule("where the screen is"),
    "thresholds": PrivacyRule("may not make several visits of one person", _thresholds),
    "detector": PrivacyRule("one of the models that the camera's own settings let in"),
    "attention": PrivacyRule("one of the models that the camera's own settings let in"),
}


def limit_config(own: LocalSettings, wished: Mapping[str, Any]) -> dict[str, Any]:
    """The wish as it may be used; LoosenedError says what only the camera's settings may do."""
    return {name: _used(RULES[name], own, value) for name, value in wished.items()}


def _used(rule: PrivacyRule, own: LocalSettings, value: Any) -> Any:
    return value if rule.merge is None or value is None else rule.merge(own, value)
