"""Why a report does not count at its location: the sites file does not list the camera there.

A camera that moved is listed at both locations with dates. Its reports count where it stood when
they were made, so a backlog from before the move counts for the former location.
"""

from collections.abc import Sequence

from cloud.sites.camera_listings import Listing
from wire.audience import AudienceReport
from wire.topics import DeviceAddress

KEPT = "the camera keeps its reports until then"


def unlisted_reason(address: DeviceAddress, listings: Sequence[Listing]) -> str:
    """What to do about a camera that is not listed at the location that its topic names."""
    device, location = repr(address.device), repr(address.location)
    if not listings:
        return (
            f"the sites file lists no camera {device} at {location}: add it, or add the "
            f"location's former id under `formerly`; {KEPT}"
        )
    present = repr(str(listings[-1].location))
    return (
        f"the sites file lists camera {device} at {present}, not at {location}. If it moved, list "
        f"it at {location} with `until: DATE` and at {present} with `from: DATE`; if {location} "
        f"was renamed, add it under `formerly`; {KEPT}"
    )


def misplaced_reason(report: AudienceReport, listings: Sequence[Listing]) -> str | None:
    """Why a camera that moved was not at a report's location at that time; None if it was.

    The dates of a camera with one location say only when it is expected: it may report before and
    after them.
    """
    if len(listings) < 2:
        return None
    here = [one for one in listings if one.location == report.location]
    if any(one.overlaps(report.starts_at, report.ends_at) for one in here):
        return None
    others = (one for one in listings if one.overlaps(report.starts_at, report.ends_at))
    there = next((f"at {one.location!r}" for one in others), "at no location")
    return (
        f"is of {report.starts_at.isoformat()}, when the sites file lists camera "
        f"{report.device!r} {there}, not at {report.location!r}: correct the camera's `from` and "
        f"`until` dates, or the location in its own configuration; {KEPT}"
    )
