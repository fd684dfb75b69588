"""The UTC hours that lines have booked: for each creative its booked time and price.

These are the definitions of the mart `campaign_performance`: of each line the newest version, in
the states that are ordered; time and price of an hour are divided evenly between its creatives.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, select

from cloud.booking.order_line import SOLD, BookingStatus
from cloud.booking.order_store import read_newest
from cloud.database import EPOCH
from cloud.database.order_hours import divide_evenly, sum_booked_hours
from cloud.database.orders import order_line_versions
from cloud.sites.sites import Sites

LINE_FIELDS: Final = (
    "line_id", "order_id", "account", "advertiser", "campaign", "positions", "price_minor",
    "currency", "starts_at", "ends_at", "version",
)  # fmt: skip
LOCATIONS_AT_ONCE: Final = 400
SECOND: Final = timedelta(seconds=1)


class HourKey(NamedTuple):
    """A screen and an hour, in seconds since 1970."""

    location: str
    hour_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignLine:
    """The newest version of a line, with the present id of its location."""

    line_id: str
    order_id: str
    account: str
    advertiser: str
    campaign: str
    booking_status: BookingStatus
    location: str
    starts_at: datetime
    ends_at: datetime
    positions: int
    price_minor: int
    currency: str
    creatives: tuple[str, ...]
    slots: str
    version: int

    @property
    def is_sold(self) -> bool:
        """Whether its hours are to be delivered and paid for."""
        return self.booking_status in SOLD


@dataclass(frozen=True, slots=True)
class BookedHour:
    """One hour of a line for one of its creatives; `creative` is None where the line has none."""

    line_id: str
    key: HourKey
    creative: str | None
    booked_s: int
    price_minor: int


def read_lines(
    connection: Connection, sites: Sites, column: str, values: Iterable[str]
) -> dict[str, CampaignLine]:
    """The newest versions of lines, by id; `column` is `line_id` or `order_id`."""
    rows = read_newest(connection, column, values)
    return {name: to_campaign_line(row, sites) for name, row in rows.items()}


def to_campaign_line(row: Row[Any], sites: Sites) -> CampaignLine:
    """A line from its stored version."""
    return CampaignLine(
        **{name: getattr(row, name) for name in LINE_FIELDS},
        booking_status=BookingStatus(row.booking_status),
        location=sites.current_id(row.location),
        creatives=tuple(msgspec.json.decode(row.creatives, type=list[str])),
        slots=row.slots,
    )


def read_rivals(
    connection: Connection, sites: Sites, lines: Mapping[str, CampaignLine]
) -> dict[str, CampaignLine]:
    """Other sold lines that show one of the same creatives on the same screens in the same time."""
    creatives = _creatives_by_location(lines.values())
    if not creatives:
        return {}
    ids = find_lines_at(
        connection,
        sites,
        creatives.keys(),
        min(line.starts_at for line in lines.values()),
        max(line.ends_at for line in lines.values()),
    )
    found = read_lines(connection, sites, "line_id", ids - lines.keys())
    return {
        name: line
        for name, line in found.items()
        if line.is_sold and not creatives.get(line.location, set()).isdisjoint(line.creatives)
    }


def list_booked_hours(line: CampaignLine, until_s: int | None = None) -> Iterator[BookedHour]:
    """The hours of a line that begin before `until_s`, in their order, for each creative."""
    creatives: Sequence[str | None] = line.creatives or (None,)
    for hour_at, _, booked_s, price_minor in sum_booked_hours(line.slots, line.price_minor):
        if not booked_s or (until_s is not None and hour_at >= until_s):
            continue
        key = HourKey(line.location, hour_at)
        times = divide_evenly(booked_s, len(creatives))
        prices = divide_evenly(price_minor, len(creatives))
        for creative, time_s, price in zip(creatives, times, prices, strict=True):
            yield BookedHour(line.line_id, key, creative, time_s, price)


def to_seconds(at: datetime) -> int:
    """Seconds since 1970, rounded up: an hour that begins before the instant has begun."""
    return -((EPOCH - at) // SECOND)


def _creatives_by_location(lines: Iterable[CampaignLine]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.creatives:
            found[line.location].update(line.creatives)
    return found


def find_lines_at(
    connection: Connection,
    sites: Sites,
    locations: Set[str],
    since: datetime,
    until: datetime,
) -> set[str]:
    """The ids of lines with a version that is at one of the locations in that time."""
    former = {name for site in sites if site.id in locations for name in site.ids}
    names = sorted(former | locations)
    columns, found = order_line_versions.c, set[str]()
    for start in range(0, len(names), LOCATIONS_AT_ONCE):
        some = names[start : start + LOCATIONS_AT_ONCE]
        query = (
            select(columns.line_id)
            .distinct()
            .where(columns.location.in_(some), columns.starts_at < until, columns.ends_at > since)
        )
        found.update(connection.execute(query).scalars())
    return found
