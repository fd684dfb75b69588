"""What remote configuration may change about privacy: it tightens, it never loosens.

Every field of the remote config has one rule in `RULES`; a test fails for a field without one. Only
the local settings file may loosen: enable demographics, recording or preview, shorten intervals,
remove masks, extend opening hours.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from edge_agent.opening_hours import DAYS
from edge_agent.settings.camera_settings import Settings as LocalSettings
from edge_agent.settings.field_types import Day
from edge_agent.settings.loading import SettingsError
from edge_agent.settings.schedule import OpenHours


class LooserPrivacyError(SettingsError):
    """A remote config that would loosen the privacy of the local settings."""


Limit = Callable[[LocalSettings, Any], Any]


class PrivacyRule(NamedTuple):
    """How a desired value is limited: `merge` returns the value to use, or raises.

    A field without influence on privacy has no `merge`; its value is used as it is.
    """

    why: str
    merge: Limit | None = None


def shortest_interval_s(own: LocalSettings) -> int:
    """The shortest interval that a remote config may set."""
    return min(own.privacy.min_interval_s, own.interval_s)


def _interval(own: LocalSettings, desired_ms: int) -> int:
    shortest_ms = 1000 * shortest_interval_s(own)
    if desired_ms < shortest_ms:
        raise LooserPrivacyError(
            f"an interval of {desired_ms} ms: the local settings allow {shortest_ms} ms or "
            "more (privacy.min_interval_s)"
        )
    return desired_ms


def _heartbeat(own: LocalSettings, desired_ms: int) -> int:
    if desired_ms >= 1000 * own.link.heartbeat_s:
        return desired_ms
    return _interval(own, desired_ms)


def _paused(own: LocalSettings, desired: bool) -> bool:
    return desired or own.schedule.paused


def _switch(own: LocalSettings, desired: bool) -> bool:
    if desired and not own.privacy.demographics:
        raise LooserPrivacyError(
            "demographics: only the local settings may enable it (privacy.demographics)"
        )
    return desired


def _masks(own: LocalSettings, desired: Any) -> list[Any]:
    """The local masks and the added ones, each once."""
    masks = [[list(point) for point in mask] for mask in own.capture.masks]
    added = [[list(point) for point in mask] for mask in desired]
    return masks + [mask for mask in added if mask not in masks]


def _schedule(own: LocalSettings, desired: Mapping[str, Any]) -> dict[str, Any]:
    """The hours that lie in both the local settings and the desired config."""
    zone, hours = desired.get("time_zone", own.schedule.time_zone), desired.get("hours")
    if not own.schedule.hours:
        return {**desired}
    if zone != own.schedule.time_zone:
        raise LooserPrivacyError(
            f"schedule: the local opening hours are in {own.schedule.time_zone}: give hours in "
            "that time zone"
        )
    if not hours:
        return {}
    both = intersect_hours(own.schedule.hours, tuple(OpenHours(**one) for one in hours))
    if not both:
        raise LooserPrivacyError(
            "schedule: no hour lies within the local opening hours; pause the camera instead"
        )
    return {"hours": [{"days": [day], "opens": a, "closes": b} for day, a, b in both]}


def _thresholds(own: LocalSettings, desired: Mapping[str, Any]) -> Mapping[str, Any]:
    """A shorter time splits the visit of one person, and groups are counted in visits."""
    for name in ("confirm_s", "lost_after_s"):
        least_s = getattr(own.tracking, name)
        if desired.get(name, least_s) < least_s:
            raise LooserPrivacyError(
                f"thresholds.{name} of {desired[name]:g}: the local settings allow "
                f"{least_s:g} or more (tracking.{name})"
            )
    return desired


def intersect_hours(
    own: tuple[OpenHours, ...], desired: tuple[OpenHours, ...]
) -> list[tuple[Day, str, str]]:
    """Day, opening and closing of each period that lies in both."""
    return sorted(
        {
            (day, max(local.opens, remote.opens), min(local.closes, remote.closes))
            for local in own
            for remote in desired
            for day in local.days
            if day in remote.days
            and max(local.opens, remote.opens) < min(local.closes, remote.closes)
        },
        key=lambda one: (DAYS.index(one[0]), one[1:]),
    )


RULES: Final[Mapping[str, PrivacyRule]] = {
    "report_interval_ms": PrivacyRule("short intervals reveal single people", _interval),
    "heartbeat_interval_ms": PrivacyRule("a heartbeat reveals whether anything moves", _heartbeat),
    "paused": PrivacyRule("may pause, not resume", _paused),
    "schedule": PrivacyRule("may shorten the hours, not lengthen them", _schedule),
    "masks": PrivacyRule("may add masks, not remove them", _masks),
    "demographics": PrivacyRule("may switch off, not on", _switch),
    "analysed_fps": PrivacyRule("affects accuracy, not what is reported"),
    "analysed_px": PrivacyRule("affects accuracy, not what is reported"),
    "zones": PrivacyRule("reported only of groups, whatever the number of zones"),
    "view": PrivacyRule("position of the screen"),
    "thresholds": PrivacyRule("may not split the visit of one person", _thresholds),
    "detector": PrivacyRule("one of the models that the local settings allow"),
    "attention": PrivacyRule("one of the models that the local settings allow"),
}


def limit_config(own: LocalSettings, desired: Mapping[str, Any]) -> dict[str, Any]:
    """Limit a desired config; LooserPrivacyError says what only the local settings may do."""
    return {name: _apply_rule(RULES[name], own, value) for name, value in desired.items()}


def _apply_rule(rule: PrivacyRule, own: LocalSettings, value: Any) -> Any:
    return value if rule.merge is None or value is None else rule.merge(own, value)
