"""The result of a test of creatives, from what cameras measured in its screen-hours.

A screen-hour belongs to the creative that was assigned to it, whatever was shown: attention and
exposed people are those of all creatives of the test in that hour. That keeps the comparison valid
when a player did not follow its schedule; how often it did is stated. Hours without a measurement
do not count, nor those in which the account of the test has not booked the creative. A screen that
was renamed keeps its assignment, which is by the id that the test has.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cloud.campaigns.booked_hours import (
    HourKey,
    find_lines_at,
    list_booked_hours,
    read_lines,
    to_seconds,
)
from cloud.campaigns.creative_tests.assignment import assign_arm
from cloud.campaigns.creative_tests.sequential_test import (
    ArmComparison,
    ArmSums,
    compare_arms,
)
from cloud.campaigns.creative_tests.store import CreativeTest
from cloud.campaigns.line_hours import HOUR_S, find_loop
from cloud.campaigns.screen_hours import (
    CreativeKey,
    MeasuredHours,
    ShownHour,
    read_measured_hours,
)
from cloud.sites.sites import Sites


@dataclass(frozen=True, slots=True)
class ArmResult:
    """One creative of a test; `comparison` is None for the first one."""

    creative: str
    plays: int
    sums: ArmSums
    comparison: ArmComparison | None


@dataclass(frozen=True, slots=True)
class CreativeTestResult:
    """The result so far. `as_assigned_share` is the part of all plays that were as assigned."""

    test: CreativeTest
    at: datetime
    arms: Sequence[ArmResult]
    as_assigned_share: float | None


def read_result(
    connection: Connection, sites: Sites, test: CreativeTest, now: datetime
) -> CreativeTestResult:
    """The result from whole hours that have ended."""
    first_s = to_seconds(test.starts_at)
    first_s += -first_s % HOUR_S
    until_s = to_seconds(min(now, test.effective_end_at)) // HOUR_S * HOUR_S
    assigned_ids: dict[str, str] = {sites.current_id(one): one for one in test.locations}
    measured = read_measured_hours(connection, assigned_ids, first_s, until_s)
    booked = _list_booked(connection, sites, test)
    arms = len(test.creatives)
    sums, plays, as_assigned = [ArmSums()] * arms, [0] * arms, 0
    for key, shown in sorted(group_hours(measured, booked).items()):
        hour = HourKey(assigned_ids[key.location], key.hour_at)
        arm = assign_arm(test.assignment_key, hour, arms)
        y, n = _measure(shown.values(), find_loop(sites, key.location).spot_s)
        sums[arm] = sums[arm].add(y, n)
        plays[arm] += sum(one.plays for one in shown.values())
        assigned = shown.get(test.creatives[arm])
        as_assigned += 0 if assigned is None else assigned.plays
    return CreativeTestResult(
        test=test,
        at=now,
        arms=[_describe_arm(test, number, plays[number], sums) for number in range(arms)],
        as_assigned_share=as_assigned / sum(plays) if any(plays) else None,
    )


def group_hours(
    measured: MeasuredHours, booked: Collection[CreativeKey]
) -> Mapping[HourKey, Mapping[str, ShownHour]]:
    """The measured hours in which one of the booked creatives was shown."""
    found: dict[HourKey, dict[str, ShownHour]] = {}
    for (key, creative), shown in measured.shown.items():
        if (key, creative) in booked and shown.plays and shown.observed_ms:
            found.setdefault(key, {})[creative] = shown
    return found


def _list_booked(connection: Connection, sites: Sites, test: CreativeTest) -> set[CreativeKey]:
    """Where and when the account of the test has booked its creatives.

    What others have booked is not the account's to see, also where it names their creatives.
    """
    locations = {sites.current_id(one) for one in test.locations}
    ids = find_lines_at(connection, sites, locations, test.starts_at, test.effective_end_at)
    lines = read_lines(connection, sites, "line_id", ids).values()
    return {
        (hour.key, hour.creative)
        for line in lines
        if line.is_sold and line.account == test.account
        for hour in list_booked_hours(line)
        if hour.creative in test.creatives
    }


def _measure(shown: Iterable[ShownHour], spot_s: int) -> tuple[float, float]:
    """Attention seconds and exposed people of the plays of a screen-hour."""
    y = n = 0.0
    for one in shown:
        y += spot_s * one.plays * one.looking_ms / one.observed_ms
        n += one.plays * one.person_ms / one.observed_ms
    return y, n


def _describe_arm(
    test: CreativeTest, number: int, plays: int, sums: Sequence[ArmSums]
) -> ArmResult:
    comparison = None
    if number:
        comparison = compare_arms(
            sums[0], sums[number], alpha=test.pair_alpha,
            planned_clusters=max(1, test.planned_clusters * 2 // len(test.creatives)),
        )  # fmt: skip
    return ArmResult(test.creatives[number], plays, sums[number], comparison)
