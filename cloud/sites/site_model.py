"""One site of the sites file: its location, screen, cameras, loop and base rate.

Units: metres, degrees, seconds, minor units of the currency. A location's clock is its own
`timezone`; instants are UTC.
"""

from datetime import date, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from cloud.sites.camera_listings import local_midnight
from cloud.sites.openooh import refuse_broad
from cloud.sites.trade_details import (
    Domain,
    Keyword,
    MediaType,
    Publisher,
    ScreenContent,
    ScreenIdentifier,
    SiteFact,
)
from cloud.sites.vocabulary import check_currency, check_holidays, check_placement, check_timezone
from wire.scalars import Device, DeviceId, Location, LocationId
from wire.visible_names import check_visible_name

_UTC: Final = ZoneInfo("UTC")

Metres = Annotated[float, Meta(gt=0, le=200)]
Pixels = Annotated[int, Meta(ge=1, le=32_768)]
Offset = Annotated[float, Meta(ge=-50, le=50)]
Tag = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$(?!\n)")]
VenueId = Annotated[
    str, Meta(pattern=r"^[1-9][0-9]{0,5}$(?!\n)", description="OpenOOH 1.2 venue id")
]
Word = Annotated[str, Meta(min_length=1, max_length=64)]

People = Annotated[
    int,
    Meta(ge=1, le=100_000, description="people that a camera can see at once; more is implausible"),
]


class Screen(SiteFact, frozen=True, kw_only=True):
    """The display area of the screen."""

    width_m: Metres
    height_m: Metres
    width_px: Pixels
    height_px: Pixels
    media_types: Annotated[tuple[MediaType, ...], Meta(min_length=1, max_length=8)] = ("video/mp4",)


class CameraOffset(SiteFact, frozen=True, kw_only=True):
    """Position of the camera from the centre of the screen, as a viewer sees it: up and right."""

    above_m: Offset = 0.0
    beside_m: Offset = 0.0


class Loop(SiteFact, frozen=True, kw_only=True):
    """The playlist of the screen: every advertiser plays once in each loop."""

    length_s: Annotated[int, Meta(ge=1, le=3600)]
    spot_s: Annotated[int, Meta(ge=1, le=3600)]

    @property
    def positions(self) -> int:
        """Positions of the loop: each holds the spot of one advertiser."""
        return self.length_s // self.spot_s

    def __post_init__(self) -> None:
        if self.length_s % self.spot_s or 3600 % self.length_s:
            raise ValueError(
                f"a loop of {self.length_s} s with spots of {self.spot_s} s is uneven: "
                "length_s must be a multiple of spot_s and divide 3600"
            )


class Attributes(SiteFact, frozen=True, kw_only=True):
    """Words that a rate card prices."""

    traffic: Tag
    demographic: Tag


class SiteCamera(SiteFact, frozen=True, kw_only=True):
    """A camera and the local dates for which it is expected: `from_on` inclusive, `until_on` not.

    An `optional` camera (a simulator, a spare) may report; its absence is not missing data.
    """

    id: Device
    from_on: date | None = msgspec.field(default=None, name="from")
    until_on: date | None = msgspec.field(default=None, name="until")
    optional: bool = False
    people: People | None = None

    def __post_init__(self) -> None:
        if self.from_on and self.until_on and self.until_on <= self.from_on:
            raise ValueError(
                f"camera {self.id!r} is listed from {self.from_on} until {self.until_on}: "
                "until must be a later date than from"
            )

    def expected_ms(self, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> int:
        """Milliseconds of the half-open interval in which the camera is expected to report."""
        if self.optional:
            return 0
        starts_at, ends_at = starts_at.astimezone(_UTC), ends_at.astimezone(_UTC)
        if self.from_on is not None:
            starts_at = max(starts_at, local_midnight(self.from_on, zone))
        if self.until_on is not None:
            ends_at = min(ends_at, local_midnight(self.until_on, zone))
        return max(0, (ends_at - starts_at) // timedelta(milliseconds=1))


class Site(SiteFact, frozen=True, kw_only=True):
    """One location. The base rate buys an hour of `base_attention_s` attention seconds."""

    id: Location
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    latitude_deg: Annotated[float, Meta(ge=-90, le=90)]
    longitude_deg: Annotated[float, Meta(ge=-180, le=180)]
    timezone: Annotated[str, Meta(min_length=1, max_length=64)]
    holidays: Word | None = None
    venue: VenueId
    placement: Word
    screen: Screen
    camera: CameraOffset = CameraOffset()
    loop: Loop = Loop(length_s=60, spot_s=10)
    base_rate_minor: Annotated[int, Meta(ge=1, le=100_000_000)]
    base_attention_s: Annotated[float, Meta(gt=0, le=1e9)]
    currency: Word
    attributes: Attributes
    listed_cameras: Annotated[tuple[Device | SiteCamera, ...], Meta(max_length=64)] = msgspec.field(
        name="cameras"
    )
    formerly: Annotated[tuple[Location, ...], Meta(max_length=16)] = ()
    people_per_camera: People | None = None
    publisher: Publisher | None = None
    domain: Domain | None = None
    keywords: Annotated[tuple[Keyword, ...], Meta(max_length=20)] = ()
    content: ScreenContent | None = None
    identifiers: Annotated[tuple[ScreenIdentifier, ...], Meta(max_length=8)] = ()

    def __post_init__(self) -> None:
        check_visible_name("name", self.name)
        refuse_broad(self.venue)
        check_timezone(self.timezone)
        check_placement(self.placement)
        check_currency(self.currency)
        if self.holidays is not None:
            check_holidays(self.holidays)

    @property
    def zone(self) -> ZoneInfo:
        """The location's own clock."""
        return ZoneInfo(self.timezone)

    @property
    def ids(self) -> tuple[LocationId, ...]:
        """Its former ids, and the present one last."""
        return (*self.formerly, self.id)

    @property
    def cameras(self) -> tuple[SiteCamera, ...]:
        """Every camera of the file, those without dates or flags included."""
        return tuple(
            listed if isinstance(listed, SiteCamera) else SiteCamera(id=listed)
            for listed in self.listed_cameras
        )

    @property
    def device_ids(self) -> tuple[DeviceId, ...]:
        """Every device that is listed here, for any dates."""
        return tuple(camera.id for camera in self.cameras)

    def expected_cameras(self, starts_at: datetime, ends_at: datetime) -> tuple[DeviceId, ...]:
        """The devices that are expected to report in some part of the half-open interval."""
        zone = self.zone
        return tuple(
            camera.id for camera in self.cameras if camera.expected_ms(starts_at, ends_at, zone)
        )

    def expected_ms(self, starts_at: datetime, ends_at: datetime) -> int:
        """Camera milliseconds that the interval holds when every expected camera reports."""
        zone = self.zone
        return sum(camera.expected_ms(starts_at, ends_at, zone) for camera in self.cameras)
