"""The digest of a day changes with its hours, loops and former ids, and with nothing else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from cloud.marts.dimensions import list_former_ids, list_location_hours
from cloud.marts.sites_digest import SitesDigest
from cloud.sites.site_model import Loop, Site, SiteCamera
from tests.cloud.marts.audience_rows import sites
from wire.scalars import DeviceId

DAY = date(2026, 10, 19)
AFTER = datetime(2026, 10, 27, tzinfo=UTC)
ZONES = ("Europe/London", "Pacific/Kiritimati", "Etc/GMT+12")


def camera(from_days: int | None, until_days: int | None, **fields: Any) -> SiteCamera:
    def find_day(days: int | None) -> date | None:
        return None if days is None else DAY + timedelta(days=days)

    return SiteCamera(
        id=DeviceId("cam"), from_on=find_day(from_days), until_on=find_day(until_days), **fields
    )


def change(**fields: Any) -> Site:
    return msgspec.structs.replace(next(iter(sites())), **fields)


@pytest.mark.parametrize("zone", ZONES)
def test_it_differs_where_the_expected_hours_differ(zone: str) -> None:
    dates = [None, -2, -1, 0, 1, 2, 3]
    listed = [
        change(timezone=zone, listed_cameras=(camera(first, last),))
        for first in dates
        for last in dates
        if first is None or last is None or first < last
    ]
    hours = [str(list_location_hours([site], DAY, until=AFTER).to_pylist()) for site in listed]
    digests = [SitesDigest([site]).of_day(DAY) for site in listed]
    # a local date that begins outside the UTC day can have its own digest and the same hours
    assert len(set(zip(hours, digests, strict=True))) == len(set(digests)) >= len(set(hours)) > 2
    assert digests[0] == SitesDigest([change(timezone=zone)]).of_day(DAY)


def test_it_differs_by_zone_loop_and_former_ids_and_not_by_names_or_optional_cameras() -> None:
    plain = SitesDigest(sites()).of_day(DAY)
    first, *others = sites()
    equal = (
        change(name="Elsewhere", base_rate_minor=1),
        change(listed_cameras=(*first.listed_cameras, camera(0, 1, optional=True))),
    )
    different = (
        change(timezone="Asia/Tokyo"), change(formerly=("OLD-01",)),
        change(loop=Loop(length_s=120, spot_s=10)),
    )  # fmt: skip
    assert {SitesDigest([site, *others]).of_day(DAY) for site in equal} == {plain}
    assert plain not in {SitesDigest([site, *others]).of_day(DAY) for site in different}
    assert SitesDigest([*others, first]).of_day(DAY) == plain


def test_former_ids_are_listed_with_the_present_one() -> None:
    rows = list_former_ids([change(id="NEW-01", formerly=("A-01", "B-01")), *list(sites())[1:]])
    assert rows.to_pylist() == [
        {"former_id": "A-01", "present_id": "NEW-01"},
        {"former_id": "B-01", "present_id": "NEW-01"},
    ]
