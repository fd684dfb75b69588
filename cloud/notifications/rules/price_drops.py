"""Price drops of saved briefs: the published prices of the brief's hours, now and before.

The newest sheets are compared with those of a week before, or of the last notification of the same
brief, so that a drop is announced once, also where it took several days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from cloud.app.site_selection import select_by_venue
from cloud.database import EPOCH
from cloud.money import written
from cloud.notifications.event import Fact, NoticeEvent
from cloud.notifications.kinds import NoticeTopic
from cloud.notifications.rules.current_briefs import read_current_briefs
from cloud.notifications.rules.interest import is_wanted
from cloud.notifications.tables import notice_events
from cloud.pricing.optimise.brief import Brief
from cloud.pricing.slot import HOUR, list_slots
from cloud.sales.price_sheet import PriceSheet, read_sheet_before
from cloud.sales.saved_briefs import SavedBrief
from cloud.sites.openooh import VenueError
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites

MIN_DROP: Final = 0.1
WEEK: Final = timedelta(days=7)
DAY: Final = timedelta(days=1)
MOST_SITES: Final = 200
"""Sites of one brief that are compared."""

Hours = NDArray[np.int64]  # seconds since 1970


@dataclass(frozen=True, slots=True)
class PriceSums:
    """The prices of the same hours, now and before."""

    now_minor: int = 0
    before_minor: int = 0
    hours: int = 0

    def add(self, other: "PriceSums") -> "PriceSums":
        """Both together."""
        return PriceSums(
            self.now_minor + other.now_minor,
            self.before_minor + other.before_minor,
            self.hours + other.hours,
        )

    @property
    def drop(self) -> float:
        """The share by which the prices fell; below zero where they rose."""
        return 1 - self.now_minor / self.before_minor if self.before_minor else 0.0


def find_price_drops(connection: Connection, sites: Sites, now: datetime) -> Iterator[NoticeEvent]:
    """The briefs whose hours have become cheaper, of users who want to know."""
    for saved, brief in read_current_briefs(connection, now):
        if not is_wanted(connection, _make(saved, now)):
            continue
        since = max(now - WEEK, _read_last(connection, saved) or now - WEEK)
        sums = _compare(connection, choose_sites(sites, brief), brief, since, now)
        if sums.drop >= MIN_DROP:
            yield _describe(saved, brief, sums, now)


def choose_sites(sites: Sites, brief: Brief) -> Sequence[Site]:
    """The sites that a brief may buy; those that the sites file does not have are left out."""
    wanted = {sites.current_id(name) for name in brief.locations}
    chosen = [site for site in sites if not wanted or site.id in wanted]
    if brief.venues:
        try:
            chosen = select_by_venue(chosen, brief.venues)
        except VenueError:  # no site has the venue any more
            return []
    return [site for site in chosen if site.currency == brief.currency][:MOST_SITES]


def compare_sheets(present: PriceSheet, former: PriceSheet, hours: Hours) -> PriceSums:
    """The prices of hours that are on both sheets."""
    found = [_read_prices(sheet, hours) for sheet in (present, former)]
    both = (found[0] >= 0) & (found[1] >= 0)
    return PriceSums(int(found[0][both].sum()), int(found[1][both].sum()), int(both.sum()))


def _compare(
    connection: Connection, sites: Sequence[Site], brief: Brief, since: datetime, now: datetime
) -> PriceSums:
    sums, by_clock = PriceSums(), dict[str, Hours]()
    for site in sites:
        today = now.astimezone(site.zone).date()
        present = read_sheet_before(connection, site, today + DAY)
        former = read_sheet_before(connection, site, since.astimezone(site.zone).date() + DAY)
        if present is None or former is None or former.published_on >= present.published_on:
            continue
        if site.timezone not in by_clock:
            by_clock[site.timezone] = _list_hours(brief, site, now)
        sums = sums.add(compare_sheets(present, former, by_clock[site.timezone]))
    return sums


def _list_hours(brief: Brief, site: Site, now: datetime) -> Hours:
    """The hours of a brief that have not begun."""
    days = (brief.until_on - brief.first_on).days
    slots = (
        slot
        for day in range(days)
        for slot in list_slots(brief.first_on + timedelta(days=day), site.zone)
        if slot.starts_at > now and brief.covers(slot.local)
    )
    return np.array([(slot.starts_at - EPOCH) // timedelta(seconds=1) for slot in slots], np.int64)


def _read_prices(sheet: PriceSheet, hours: Hours) -> Hours:
    """The price of each hour; -1 where the sheet has none."""
    first_s = (sheet.first_at - EPOCH) // timedelta(seconds=1)
    at = (hours - first_s) // int(HOUR.total_seconds())
    is_there = (at >= 0) & (at < sheet.prices_minor.size)
    return np.where(is_there, sheet.prices_minor[np.where(is_there, at, 0)], -1)


def _read_last(connection: Connection, saved: SavedBrief) -> datetime | None:
    """When the users of a brief were last notified of a drop."""
    columns = notice_events.c
    wanted = select(func.max(columns.at)).where(
        columns.subject == saved.id, columns.kind == NoticeTopic.PRICE_DROP.value
    )
    return connection.execute(wanted).scalar()


def _describe(saved: SavedBrief, brief: Brief, sums: PriceSums, now: datetime) -> NoticeEvent:
    mean = {
        name: f"{brief.currency} {written(minor // sums.hours, brief.currency)}"
        for name, minor in (("now", sums.now_minor), ("before", sums.before_minor))
    }
    facts = (
        Fact("Brief", saved.name),
        Fact("Mean price of an hour", f"{mean['now']} instead of {mean['before']}"),
        Fact("Hours compared", str(sums.hours)),
    )
    return _make(saved, now, f"Prices for {saved.name} fell by {sums.drop:.0%}", facts)


def _make(
    saved: SavedBrief, now: datetime, title: str = "", facts: tuple[Fact, ...] = ()
) -> NoticeEvent:
    return NoticeEvent(
        kind=NoticeTopic.PRICE_DROP,
        key=f"{saved.id}:{now.date().isoformat()}",
        account=saved.account,
        at=now,
        title=title,
        facts=facts,
        path=f"/api/briefs/{saved.id}",
        subject=saved.id,
    )
