"""The dimensions of a breakdown, its filter and its cells. Hours and days are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, literal_column

from cloud.database import microseconds
from cloud.windows.audience import Audience
from cloud.windows.query import WindowError

HOUR_S: Final = 3_600
DAY_S: Final = 86_400


class Dimension(StrEnum):
    """A dimension of a breakdown."""

    LOCATION = "location"
    VENUE_TYPE = "venue_type"
    DEVICE = "device"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class BreakdownCell:
    """One group: its key (hours and days as instants) and its audience."""

    key: Mapping[Dimension, str | datetime]
    locations: int
    audience: Audience


@dataclass(frozen=True, slots=True)
class DemographicGroup:
    """Ended visits of one age group and gender."""

    age: str
    gender: str
    visits: int
    onlookers: int
    key: Mapping[Dimension, str | datetime]


@dataclass(frozen=True, slots=True)
class BreakdownFilter:
    """A half-open interval; None admits every location or venue type."""

    starts_at: datetime
    ends_at: datetime
    location: str | None = None
    venue_type: str | None = None
    locations: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise WindowError(
                f"the interval ends ({self.ends_at.isoformat()}) before it has started "
                f"({self.starts_at.isoformat()}): give `until` after `from`"
            )

    @property
    def is_of_whole_hours(self) -> bool:
        """Whether it consists of clock hours."""
        hour_us = HOUR_S * 1_000_000
        return not (microseconds(self.starts_at) % hour_us or microseconds(self.ends_at) % hour_us)

    @property
    def seconds(self) -> tuple[int, int]:
        """Bounds in whole seconds; a minute that began before the start is excluded."""
        return _ceil_s(self.starts_at), _ceil_s(self.ends_at)


def rounded_down(clock: ColumnElement[int], step_s: int) -> ColumnElement[int]:
    """The clock, rounded down to whole steps."""
    step: ColumnElement[int] = literal_column(str(step_s), BigInteger)
    return clock - clock % step  # a bound value would not group by


def key_value(dimension: Dimension, value: Any) -> str | datetime:
    """A key as it appears in an answer."""
    if dimension in (Dimension.HOUR, Dimension.DAY):
        return datetime.fromtimestamp(value, UTC)
    return str(value)


def cell_interval(
    key: Mapping[Dimension, Any], where: BreakdownFilter
) -> tuple[datetime, datetime]:
    """The part of the interval that a cell covers."""
    for dimension, length in ((Dimension.HOUR, HOUR_S), (Dimension.DAY, DAY_S)):
        if dimension in key:
            opens: datetime = key[dimension]
            closes = opens + timedelta(seconds=length)
            return max(opens, where.starts_at), min(closes, where.ends_at)
    return where.starts_at, where.ends_at


def _ceil_s(instant: datetime) -> int:
    return -(-microseconds(instant) // 1_000_000)
