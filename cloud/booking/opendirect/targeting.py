"""OpenDirect's `producttargeting`: which frames, hours and share of time a line has.

A target is read by its name without regard to case. Hours count from the start of the line (0 is
its first hour), days are 0 Sunday to 6 Saturday, and a share of time is a percentage of the loop.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from cloud.booking.order_line import HOUR
from cloud.booking.slots import SlotDemand
from cloud.pricing.slot import YEARS
from cloud.sites.site_model import Site

DATASOURCE: Final = "ONLOOKER"
FRAME_ID: Final = "frame_id"
HOURS: Final = "time/hours"
DAYS: Final = "time/days"
SHARE: Final = "shareofdisplay/shareoftime"
SPOT: Final = "shareofdisplay/spot"
WEEK_HOURS: Final = 168
NUMBER: Final = re.compile(r"[0-9]{1,3}", re.ASCII)
MAX_FLIGHT: Final = timedelta(days=92)


class TargetingError(ValueError):
    """Targeting that cannot be sold; `field` is OpenDirect's name of it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Targeting(msgspec.Struct, frozen=True, kw_only=True):
    """One element of `producttargeting`."""

    name: Annotated[str, Meta(max_length=60)]
    type: Annotated[str, Meta(max_length=60)] = "Frames"
    datasource: Annotated[str, Meta(max_length=255)] = DATASOURCE
    target: Annotated[str, Meta(max_length=255)]
    targetvalues: Annotated[tuple[str | int | float, ...], Meta(max_length=500)] = ()


@dataclass(frozen=True, slots=True)
class LineTargets:
    """The hours and the positions that a line asks for; None: all hours or days."""

    hours: frozenset[int] | None
    days: frozenset[int] | None
    positions: int


def read_targets(targeting: Sequence[Targeting], site: Site) -> LineTargets:
    """What is asked for; raises TargetingError."""
    hours = days = None
    positions = 1
    for one in targeting:
        target = one.target.lower()
        if target == HOURS:
            hours = _read_numbers(one, WEEK_HOURS)
        elif target == DAYS:
            days = _read_numbers(one, 7)
        elif target == SHARE:
            positions = _read_positions(one, site)
        elif target == FRAME_ID and [str(value) for value in one.targetvalues] != [site.id]:
            raise TargetingError(
                "producttargeting", f"found other frames than {site.id}: add a line for each"
            )
    return LineTargets(hours, days, positions)


def list_demand(
    site: Site, startdate: datetime, enddate: datetime, targets: LineTargets
) -> tuple[SlotDemand, ...]:
    """The slots of a flight that are asked for; raises TargetingError for none."""
    if not timedelta(0) < enddate - startdate <= MAX_FLIGHT:
        raise TargetingError(
            "enddate", f"found a flight that is not of up to {MAX_FLIGHT.days} days"
        )
    if startdate.year not in YEARS or enddate.year not in YEARS:
        raise TargetingError("startdate", f"found a year outside {YEARS[0]} to {YEARS[-1]}")
    found = tuple(
        SlotDemand(site.id, int(at.timestamp()), targets.positions)
        for number, at in enumerate(_iterate_hours(startdate, enddate))
        if _is_asked(at, number, site, targets)
    )
    if not found:
        raise TargetingError("producttargeting", "no hour of the flight is in these hours and days")
    return found


def describe_frames(location: str) -> dict[str, Any]:
    """The frame of a line or a product."""
    return _describe("Inventory", FRAME_ID, [location])


def describe_share(positions: int, site: Site, *, selectable: bool) -> dict[str, Any]:
    """The share of time of some positions; a product offers every number of them."""
    whole = site.loop.positions
    element = _describe("Delivery", "ShareOfDisplay/ShareOfTime", [_percent(positions, whole)])
    if selectable:
        limits = {"minimum": 1, "maximum": whole, "count": whole}
        every = [_percent(number, whole) for number in range(1, whole + 1)]
        element |= {"selectable": True, "targetvalues": every, **limits}
    return element


def describe_spot(site: Site) -> dict[str, Any]:
    """The length of a spot, in seconds."""
    return _describe("Delivery", "ShareOfDisplay/Spot", [str(site.loop.spot_s)])


def describe_hours(starts_s: Sequence[int]) -> dict[str, Any]:
    """The hours of a line, from its first one on."""
    numbers = [str((start - starts_s[0]) // 3600) for start in starts_s]
    return _describe("Delivery", "Time/Hours", numbers)


def _describe(name: str, target: str, values: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "type": "Frames",
        "datasource": DATASOURCE,
        "target": target,
        "targetvalues": values,
        "selectable": False,
        "count": len(values),
    }


def _percent(positions: int, whole: int) -> str:
    """Percent of the loop with at most two decimals: 1 of 6 is 16.67."""
    hundredths = (positions * 10_000 + whole // 2) // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")


def _iterate_hours(startdate: datetime, enddate: datetime) -> Iterator[datetime]:
    at = startdate
    while at + HOUR <= enddate:
        yield at
        at += HOUR


def _is_asked(at: datetime, number: int, site: Site, targets: LineTargets) -> bool:
    in_hours = targets.hours is None or number % WEEK_HOURS in targets.hours
    day = at.astimezone(site.zone).isoweekday() % 7
    return in_hours and (targets.days is None or day in targets.days)


def _read_numbers(one: Targeting, end: int) -> frozenset[int]:
    texts = [str(value) for value in one.targetvalues]
    if not texts or not all(NUMBER.fullmatch(text) and int(text) < end for text in texts):
        raise TargetingError(
            "producttargeting", f"{one.target}: write whole numbers from 0 to {end - 1}"
        )
    return frozenset(map(int, texts))


def _read_positions(one: Targeting, site: Site) -> int:
    whole = site.loop.positions
    every = {_percent(number, whole): number for number in range(1, whole + 1)}
    found = [str(value).removesuffix(".0") for value in one.targetvalues]
    if len(found) != 1 or found[0] not in every:
        raise TargetingError(
            "producttargeting", f"{one.target}: write one of {', '.join(every)} percent"
        )
    return every[found[0]]
