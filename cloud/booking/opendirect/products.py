"""Screens as products, and the avails of a product, as OpenDirect 2.1 writes them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cloud.booking.inventory.avails import AvailStatus, SiteAvails
from cloud.booking.opendirect.resources import PUBLISHER
from cloud.booking.opendirect.targeting import (
    describe_frames,
    describe_hours,
    describe_share,
    describe_spot,
)
from cloud.booking.slots import HOUR_S, DeliveryType
from cloud.money import major
from cloud.sites.site_model import Site


def describe_product(site: Site, reservation: timedelta) -> dict[str, Any]:
    """A screen: its loop positions by the hour, at a price that follows from the audience."""
    return {
        "id": site.id,
        "publisherid": PUBLISHER,
        "name": site.name,
        "currency": site.currency,
        "baseprice": major(site.base_rate_minor, site.currency),
        "ratetype": "FlatRate",
        "deliverytype": DeliveryType.GUARANTEED.value,
        "allownocreative": True,
        "leadtime": 0,
        "minflight": 1,
        "reservedexpirytime": f"PT{int(reservation.total_seconds()) // 3600}H",
        "tz": site.zone.key,
        "adunit": [
            {
                "gpid": site.id,
                "name": site.name,
                "spec": {"display": {"w": site.screen.width_px, "h": site.screen.height_px}},
            }
        ],
        "producttargeting": [
            describe_frames(site.id),
            describe_share(1, site, selectable=True),
            describe_spot(site),
        ],
    }


def describe_avails(
    found: SiteAvails,
    *,
    account: str,
    price_minor: int,
    startdate: datetime,
    enddate: datetime,
) -> dict[str, Any]:
    """The hours of a product by status and reason, with the price of all that are asked for."""
    site = found.site
    grouped: dict[tuple[AvailStatus, str | None], list[int]] = defaultdict(list)
    for run in found.runs:
        reason = None if run.reason is None else run.reason.value
        first_s = int(run.starts_at.timestamp())
        grouped[run.status, reason] += [first_s + n * HOUR_S for n in range(run.hours)]
    return {
        "productid": site.id,
        "accountid": account,
        "availability": sum(
            len(hours) for (status, _), hours in grouped.items() if status is AvailStatus.AVAILABLE
        ),
        "currency": site.currency,
        "price": major(price_minor, site.currency),
        "startdate": startdate,
        "enddate": enddate,
        "productavailability": [
            _describe_group(site, status, reason, hours)
            for (status, reason), hours in grouped.items()
        ],
    }


def _describe_group(
    site: Site, status: AvailStatus, reason: str | None, hours: Sequence[int]
) -> dict[str, Any]:
    group: dict[str, Any] = {
        "status": status.value,
        "producttargeting": [describe_frames(site.id), describe_hours(sorted(hours))],
    }
    return group if reason is None else group | {"reason": reason}
