"""The booked time of lines, for which receipts are exported, by the cameras expected then."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from cloud.campaigns.booked_hours import CampaignLine
from cloud.campaigns.campaign import Campaign
from cloud.database import EPOCH
from cloud.database.orders import decode_runs
from cloud.receipts.coverage import merge_ranges
from cloud.receipts.export import ExportRequest
from cloud.receipts.receipt_file import ReceiptLine, TimeSpan
from cloud.sites.camera_listings import Listing
from cloud.sites.sites import Sites, UnknownLocation

SETTLED_AFTER = timedelta(minutes=5)  # intervals that ended before are expected to have arrived
HOUR = timedelta(hours=1)


def request_campaign(
    campaign: Campaign,
    sites: Sites,
    until: datetime,
    *,
    since: datetime = EPOCH,
    line: str | None = None,
) -> ExportRequest:
    """The export of a campaign's sold lines, or of one, in the time from `since` to `until`."""
    window = TimeSpan(starts_at=since, ends_at=until)
    found = [
        part
        for line_id, sold in sorted(campaign.sold_lines.items())
        if line is None or line_id == line
        for part in to_receipt_lines(sold, sites, window)
    ]
    return ExportRequest(campaign.account, campaign.advertiser, campaign.name, tuple(found))


def to_receipt_lines(line: CampaignLine, sites: Sites, window: TimeSpan) -> Iterator[ReceiptLine]:
    """One part for each set of cameras that is expected in the same booked time."""
    booked = [one for run in _list_spans(line) for one in _clip(run, window)]
    devices: dict[tuple[TimeSpan, ...], list[str]] = defaultdict(list)
    for device, listing in _list_cameras(line.location, sites):
        devices[tuple(_clip_to_listing(booked, listing))].append(device)
    for spans, names in devices.items():
        if spans:
            yield ReceiptLine(
                line_id=line.line_id,
                location=line.location,
                location_ids=(line.location,),
                creatives=line.creatives,
                devices=tuple(sorted(names)),
                booked=spans,
            )


def _list_spans(line: CampaignLine) -> list[TimeSpan]:
    runs = [run for run in decode_runs(line.slots) if run.positions]
    return merge_ranges(
        TimeSpan(
            starts_at=EPOCH + timedelta(seconds=run.starts_at),
            ends_at=EPOCH + timedelta(seconds=run.starts_at) + run.hours * HOUR,
        )
        for run in runs
    )


def _list_cameras(location: str, sites: Sites) -> Iterator[tuple[str, Listing]]:
    try:
        cameras = sites.location(location).cameras
    except UnknownLocation:
        return
    for camera in cameras:
        if not camera.optional:
            for listing in sites.listings(camera.id):
                if listing.location == location:
                    yield camera.id, listing


def _clip_to_listing(booked: Iterable[TimeSpan], listing: Listing) -> Iterator[TimeSpan]:
    for one in booked:
        window = TimeSpan(
            starts_at=listing.from_at or one.starts_at, ends_at=listing.until_at or one.ends_at
        )
        yield from _clip(one, window)


def _clip(one: TimeSpan, window: TimeSpan) -> Iterator[TimeSpan]:
    starts_at = max(one.starts_at, window.starts_at)
    ends_at = min(one.ends_at, window.ends_at)
    if starts_at < ends_at:
        yield TimeSpan(starts_at=starts_at, ends_at=ends_at)
