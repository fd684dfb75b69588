"""The brief of an advertiser: budget, dates, sites, target group, limits and objective.

An invalid brief is refused as a whole before anything is computed; the error says what to change.
Days are local days and half-open: `until_on` is the first day without the campaign. An hour belongs
to the day in which it starts.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal

from cloud.money import exponent, minor_per_unit, written
from wire.audience import AgeGroup, Gender

MOST_MINOR: Final = 10**12
MOST_DAYS: Final = 92
MOST_NAMES: Final = 1_000
MOST_LIMITS: Final = 20
MOST_SLOTS: Final = 200_000

Measure = Literal["impressions", "reach"]


class BriefError(ValueError):
    """An invalid brief; the message says what to change."""


def _refuse_unless(holds: bool, found: str, wanted: str) -> None:
    if not holds:
        raise BriefError(f"{found}: expected {wanted}")


class Objective(StrEnum):
    """The objective that the plan maximises."""

    ATTENTIVE = "attentive_impressions"
    REACH = "reach"
    ROI = "roi"  # the value of the impressions beyond what they cost


@dataclass(frozen=True, slots=True)
class Daypart:
    """Local hours from `from_hour` to before `to_hour`, over midnight if need be, on weekdays.

    Monday is 0. Hours after midnight belong to the day they lie in.
    """

    from_hour: int
    to_hour: int
    weekdays: frozenset[int] = frozenset(range(7))

    def __post_init__(self) -> None:
        if not (0 <= self.from_hour <= 23 and 0 <= self.to_hour <= 24):
            raise BriefError(
                f"a daypart from {self.from_hour} to {self.to_hour}: expected hours from 0 to 24"
            )
        if self.from_hour == self.to_hour:
            raise BriefError(
                f"a daypart from {self.from_hour} to {self.to_hour} could be no hour or the whole "
                "day: write 0 to 24 for the whole day"
            )
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise BriefError(
                f"a daypart on the weekdays {sorted(self.weekdays)}: expected 0 (Monday) to 6"
            )

    def holds(self, local: datetime) -> bool:
        """Whether the hour that starts then lies in the daypart."""
        if local.weekday() not in self.weekdays:
            return False
        if self.from_hour < self.to_hour:
            return self.from_hour <= local.hour < self.to_hour
        return local.hour >= self.from_hour or local.hour < self.to_hour


@dataclass(frozen=True, slots=True)
class AudienceGroup:
    """People by age and gender, as a camera estimates them; empty means everybody."""

    ages: frozenset[AgeGroup] = frozenset()
    genders: frozenset[Gender] = frozenset()

    def __post_init__(self) -> None:
        if AgeGroup.UNKNOWN in self.ages or Gender.UNKNOWN in self.genders:
            raise BriefError("'unknown' cannot be a target: leave the age or gender out")

    @property
    def is_everybody(self) -> bool:
        """Whether the group includes everybody."""
        return not self.ages and not self.genders

    @property
    def name(self) -> str:
        """In words."""
        words = (*sorted(self.ages), *sorted(self.genders))
        return ", ".join(words) if words else "everybody"

    def holds(self, age: str, gender: str) -> bool:
        """Whether that age and gender belong to the group."""
        return (not self.ages or age in self.ages) and (not self.genders or gender in self.genders)


@dataclass(frozen=True, slots=True)
class Minimum:
    """So many impressions of a group, or so many different people of it, at the least."""

    group: AudienceGroup
    measure: Measure
    least: float

    def __post_init__(self) -> None:
        _refuse_unless(
            0 < self.least <= 1e12, f"a minimum of {self.least}", "above 0, at most 1e12"
        )


@dataclass(frozen=True, slots=True)
class Caps:
    """The most of something; None is no cap. A slot bought in two positions counts twice."""

    max_spots: int | None = None
    max_spots_per_screen: int | None = None
    max_spots_per_screen_per_day: int | None = None
    max_spend_per_screen_minor: int | None = None
    max_positions_per_slot: int = 1

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            _refuse_unless(
                value is None or 1 <= value <= MOST_MINOR, f"the cap {name} of {value}", "1 or more"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The brief of a plan. No dayparts means all hours; no locations and venues, all of them.

    `value_minor` is what one attentive impression is worth to the advertiser and
    `min_roi` what each slot has to earn beyond its price, as a share of it.
    """

    budget_minor: int
    currency: str
    first_on: date
    until_on: date
    dayparts: tuple[Daypart, ...] = ()
    locations: frozenset[str] = frozenset()
    venues: frozenset[str] = frozenset()
    target: AudienceGroup = AudienceGroup()
    caps: Caps = Caps()
    minimums: tuple[Minimum, ...] = ()
    objective: Objective = Objective.ATTENTIVE
    value_minor: float | None = None
    min_roi: float = 0.0

    def __post_init__(self) -> None:
        _refuse_unless(
            1 <= self.budget_minor <= MOST_MINOR,
            f"a budget of {self.currency} {written(self.budget_minor, self.currency)}",
            f"{written(1, self.currency)} to {written(MOST_MINOR, self.currency)}",
        )
        exponent(self.currency)
        days = (self.until_on - self.first_on).days
        _refuse_unless(
            days >= 1,
            f"until {self.until_on}, the first day without the campaign, is not after its first "
            f"day {self.first_on}",
            "a later day",
        )
        _refuse_unless(
            1 <= days <= MOST_DAYS,
            f"{self.first_on} until before {self.until_on} is {days} days",
            f"1 to {MOST_DAYS}",
        )
        for what in ("dayparts", "minimums"):
            count = len(getattr(self, what))
            _refuse_unless(count <= MOST_LIMITS, f"{count} {what}", f"at most {MOST_LIMITS}")
        for what in ("locations", "venues"):
            count = len(getattr(self, what))
            _refuse_unless(count <= MOST_NAMES, f"{count} {what}", f"at most {MOST_NAMES}")
        self._refuse_unpriced_return()

    @property
    def minor_per_unit(self) -> int:
        """Minor units of one unit of the currency."""
        return minor_per_unit(self.currency)

    def covers(self, local: datetime) -> bool:
        """Whether the hour that starts then on the local clock may be bought."""
        if not self.first_on <= local.date() < self.until_on:
            return False
        return not self.dayparts or any(part.holds(local) for part in self.dayparts)

    def _refuse_unpriced_return(self) -> None:
        if self.objective is Objective.ROI:
            if self.value_minor is None:
                raise BriefError(
                    "the objective 'roi' weighs what impressions are worth against what they cost: "
                    "set value_per_impression above 0"
                )
            _refuse_unless(
                0 < self.value_minor <= MOST_MINOR,
                f"impressions worth {self.currency} "
                f"{self.value_minor / self.minor_per_unit:g} each",
                f"a value above 0, at most {written(MOST_MINOR, self.currency)}",
            )
        _refuse_unless(0 <= self.min_roi <= 1000, f"a min_roi of {self.min_roi}", "0 to 1000")
        if self.min_roi and self.objective is not Objective.ROI:
            raise BriefError("min_roi needs the objective 'roi'")
