"""Flash sales: prices that staff have set by hand for a limited time, below the published ones.

A sale is announced once for each screen and end, however many hours are added to it. A deal of one
account is announced to that account only.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from cloud.database import EPOCH, microseconds
from cloud.money import written
from cloud.notifications.event import Fact, NoticeEvent
from cloud.notifications.kinds import NoticeTopic
from cloud.notifications.rules.campaigns import LOOK_BACK
from cloud.pricing.slot import Slot
from cloud.sales.overrides import ActiveOverride, read_active_overrides
from cloud.sales.price_sheet import PriceSheet, read_sheet_before
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites, UnknownLocation

LONGEST: Final = timedelta(days=7)
"""An override for a longer time is a price, not a sale."""
MIN_DISCOUNT: Final = 0.1

SaleKey = tuple[str, datetime, str | None]  # location, end, account


def find_flash_sales(connection: Connection, sites: Sites, now: datetime) -> Iterator[NoticeEvent]:
    """The sales that were set in the last two days and have not ended."""
    active = [one for one in read_active_overrides(connection, now) if _is_sale(one, now)]
    for key, some in _group(sites, active).items():
        site = sites.location(key[0])
        tomorrow = now.astimezone(site.zone).date() + timedelta(days=1)
        sheet = read_sheet_before(connection, site, tomorrow)
        if sheet is None:
            continue
        reduced = [(one, price) for one, price in _list_reduced(site, sheet, some)
                   if one.override.price_minor <= price * (1 - MIN_DISCOUNT)]  # fmt: skip
        if reduced:
            yield _event(key, site, reduced)


def _is_sale(one: ActiveOverride, now: datetime) -> bool:
    until_at = one.override.until_at
    starts_at = EPOCH + timedelta(seconds=one.hour_at)
    return (
        until_at is not None
        and until_at - one.set_at <= LONGEST
        and one.set_at > now - LOOK_BACK
        and starts_at > now
    )


def _group(
    sites: Sites, active: Sequence[ActiveOverride]
) -> Mapping[SaleKey, Sequence[ActiveOverride]]:
    grouped: dict[SaleKey, list[ActiveOverride]] = defaultdict(list)
    for one in active:
        assert one.override.until_at is not None
        try:
            location = sites.location(one.location).id
        except UnknownLocation:
            continue
        grouped[location, one.override.until_at, one.override.account].append(one)
    return grouped


def _list_reduced(
    site: Site, sheet: PriceSheet, some: Sequence[ActiveOverride]
) -> Iterator[tuple[ActiveOverride, int]]:
    """The slots with their published prices."""
    for one in some:
        slot = Slot(EPOCH + timedelta(seconds=one.hour_at), site.zone)
        published = sheet.published(slot, sheet.published_on)
        if published is not None:
            yield one, published.price_minor


def _event(key: SaleKey, site: Site, reduced: Sequence[tuple[ActiveOverride, int]]) -> NoticeEvent:
    location, until_at, account = key
    sale, before = min(reduced, key=lambda pair: pair[0].override.price_minor / pair[1])
    price = sale.override.price_minor
    discount = 1 - price / before
    starts_at = EPOCH + timedelta(seconds=sale.hour_at)
    return NoticeEvent(
        kind=NoticeTopic.FLASH_SALE,
        key=f"{location}:{microseconds(until_at)}:{account or ''}",
        account=account,
        at=max(one.set_at for one, _ in reduced),
        title=f"Flash sale at {site.name}: up to {discount:.0%} off",
        facts=(
            Fact("Screen", f"{site.name} ({location})"),
            Fact("Hours on sale", str(len(reduced))),
            Fact("Best price", f"{site.currency} {written(price, site.currency)} instead of "
                               f"{written(before, site.currency)}"),
            Fact("Hour", at=starts_at),
            Fact("Sale ends", at=until_at),
        ),
        path=f"/explore?screens={location}",
        subject=location,
        stale_at=until_at,
    )  # fmt: skip
