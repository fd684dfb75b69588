"""Which cameras the sites file lists now; closes the alerts of those that it no longer lists."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete

from cloud.alerting.changes import RecordedChange, record_changes, record_of
from cloud.alerting.lifecycle import (
    AlertChange,
    AlertEvent,
    make_event,
    read_open_alerts,
    update_alert,
)
from cloud.alerting.rules import LOOK_BACK, RETAIL, AlertKind
from cloud.database import alert_holds
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites, UnknownLocation

CLOSED_BY: Final = "sites file"
UNLISTED_KINDS: Final = (
    AlertKind.QUARANTINED,
    AlertKind.NIGHTLY_LATE,
    AlertKind.PRODUCT_LIMIT,
    AlertKind.UNDER_DELIVERY,
)
MOMENT: Final = timedelta(milliseconds=1)
CameraKey = tuple[str, str]  # location, device


@dataclass(frozen=True, slots=True)
class ListedCameras:
    """The cameras to evaluate now; the `optional` among them may be offline."""

    cameras: frozenset[CameraKey]
    optional: frozenset[CameraKey]

    @classmethod
    def of(cls, sites: Sites, now: datetime) -> "ListedCameras":
        """The cameras of a sites file whose dates hold `now`."""
        cameras, optional = set(), set()
        for site in sites:
            for camera in site.cameras:
                dated = msgspec.structs.replace(camera, optional=False)
                if not dated.expected_ms(now, now + MOMENT, site.zone):
                    continue
                cameras.add((site.id, camera.id))
                if camera.optional or not camera.expected_ms(now - LOOK_BACK, now, site.zone):
                    optional.add((site.id, camera.id))
        return cls(frozenset(cameras), frozenset(optional))


def close_unlisted_alerts(
    connection: Connection, sites: Sites, listed: ListedCameras, now: datetime
) -> list[AlertEvent]:
    """Close the open alerts of cameras and locations that the sites file no longer lists.

    An alert of a renamed location moves to its present id. A quarantine stays open: it also
    concerns devices that the sites file does not list. A nightly run concerns all locations, and
    an alert of a campaign or of a data product has its order line or the product in place of a
    camera, and those of retail prices have a store and a product.
    """
    events = []
    open_by_key = {
        (row.kind, row.location, row.device): row for row in read_open_alerts(connection)
    }
    for (kind, location, device), row in open_by_key.items():
        if kind.startswith(RETAIL):
            continue
        present = sites.current_id(location)
        if present != location and (kind, present, device) not in open_by_key:
            update_alert(connection, row.id, location=present)
            location = present
        reason = _why_unlisted(sites, listed, kind, location, device)
        if reason is None:
            continue
        update_alert(connection, row.id, cleared_at=now, closed_by=CLOSED_BY, close_reason=reason)
        closed = replace(record_of(row, RecordedChange.CLOSED, now), location=location)
        record_changes(connection, [closed])
        forget = (alert_holds.c.location == location) & (alert_holds.c.device == device)
        connection.execute(delete(alert_holds).where(forget))
        events.append(make_event(row, AlertChange.CLEARED, now))
    return events


def _why_unlisted(
    sites: Sites, listed: ListedCameras, kind: str, location: str, device: str
) -> str | None:
    if kind in UNLISTED_KINDS:
        return None
    try:
        site = sites.location(location)
    except UnknownLocation:
        return f"location {location} is no longer in the sites file"
    if site.id != location:
        return f"location {location} was renamed to {site.id}"
    if not device:
        return None
    key = (location, device)
    if key not in listed.cameras:
        return _dates(site, device)
    if kind == AlertKind.OFFLINE and key in listed.optional:
        return f"camera {device} is optional in the sites file: it may be offline"
    return None


def _dates(site: Site, device: str) -> str:
    for camera in site.cameras:
        if camera.id == device:
            dates = " ".join(_words(camera.from_on, camera.until_on))
            return f"camera {device} is listed at {site.id} {dates} only"
    return f"camera {device} is no longer listed at {site.id} in the sites file"


def _words(from_on: Any, until_on: Any) -> Iterator[str]:
    if from_on is not None:
        yield f"from {from_on}"
    if until_on is not None:
        yield f"until {until_on}"
