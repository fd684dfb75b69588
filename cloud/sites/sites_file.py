"""The sites: every location with a screen, its cameras, loop and base rate.

They are read from a YAML file that people write. A file with an error is refused as a whole; the
error names the place inside the file. Metres, degrees, pence, seconds.
A location's clock is its own `timezone`; everything else is UTC.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterator, KeysView, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import yaml
from msgspec import Meta

from cloud.sites.camera_listings import (
    Listing,
    listings_by_device,
    local_midnight,
    refuse_overlapping_listings,
)
from cloud.sites.vocabulary import (
    CURRENCIES,
    PLACEMENTS,
    check_currency,
    check_holidays,
    check_placement,
    check_timezone,
    explain_field,
)
from wire.scalars import Device, DeviceId, Location, LocationId
from wire.visible_names import check_visible_name

SAMPLE: Final = Path(__file__).parents[1] / "samples" / "london.yaml"
LARGEST_FILE_BYTES: Final = 16 * 1024 * 1024  # 10,000 locations, generously
DEEPEST: Final = 32
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

Plain = TypeVar("Plain", bound=msgspec.Struct)


class DocumentError(ValueError):
    """A YAML document that is not valid; the message says where and why."""


class UnknownLocation(LookupError):  # noqa: N818 - reads as what happened
    """A location that the sites file does not list."""


class _Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value of the file: no field that is not known here."""


class Screen(_Fact, frozen=True, kw_only=True):
    """The face of the hoarding."""

    width_m: Metres
    height_m: Metres
    width_px: Pixels
    height_px: Pixels


class CameraOffset(_Fact, frozen=True, kw_only=True):
    """Where the camera hangs, from the middle of the screen as a viewer sees it: up and right."""

    above_m: Offset = 0.0
    beside_m: Offset = 0.0


class Loop(_Fact, frozen=True, kw_only=True):
    """What runs on the screen: every advertiser plays once in each loop."""

    length_s: Annotated[int, Meta(ge=1, le=3600)]
    spot_s: Annotated[int, Meta(ge=1, le=3600)]

    @property
    def positions(self) -> int:
        """Positions of the loop: each holds the spot of one advertiser."""
        return self.length_s // self.spot_s

    def __post_init__(self) -> None:
        if self.length_s % self.spot_s or 3600 % self.length_s:
            raise ValueError(
                f"a loop of {self.length_s} s with spots of {self.spot_s} s does not come out "
                "even: spots must fill the loop and loops the hour"
            )


class Attributes(_Fact, frozen=True, kw_only=True):
    """Words that a rate card puts a price on."""

    traffic: Tag
    demographic: Tag


class SiteCamera(_Fact, frozen=True, kw_only=True):
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


class Site(_Fact, frozen=True, kw_only=True):
    """One location. The base rate buys an hour of `base_attention_s` attention seconds."""

    id: Location
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    latitude_deg: Annotated[float, Meta(ge=-90, le=90)]
    longitude_deg: Annotated[float, Meta(ge=-180, le=180)]
    timezone: Annotated[str, Meta(min_length=1, max_length=64)]
    holidays: Word | None = None
    venue: Annotated[
        str, Meta(pattern=r"^[1-9][0-9]{0,5}$(?!\n)", description="OpenOOH 1.2 venue id")
    ]
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

    def __post_init__(self) -> None:
        check_visible_name("name", self.name)
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
        """Every device that has been listed here, whenever it was."""
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


class _SitesDocument(_Fact, frozen=True, kw_only=True):
    version: Literal[1]
    locations: Annotated[tuple[Site, ...], Meta(min_length=1, max_length=10_000)]

    def __post_init__(self) -> None:
        _refuse_repeated(
            "location id", (name for site in self.locations for name in (site.id, *site.formerly))
        )
        for site in self.locations:
            _refuse_repeated("camera", iter(site.device_ids))
        refuse_overlapping_listings(self.locations)


class Sites:
    """The locations by id, in the order of the file."""

    def __init__(self, sites: tuple[Site, ...]) -> None:
        self._sites: Mapping[LocationId, Site] = {site.id: site for site in sites}
        self._devices = {site.id: frozenset(site.device_ids) for site in sites}
        self._people = {
            (site.id, camera.id): people
            for site in sites
            for camera in site.cameras
            if (people := camera.people or site.people_per_camera)
        }
        self._listings = listings_by_device(sites)
        self._current: Mapping[LocationId, LocationId] = {
            former: site.id for site in sites for former in site.formerly
        }

    def __iter__(self) -> Iterator[Site]:
        return iter(self._sites.values())

    def __len__(self) -> int:
        return len(self._sites)

    @property
    def ids(self) -> KeysView[LocationId]:
        """The present ids."""
        return self._sites.keys()

    def current_id(self, location: str) -> LocationId:
        """The present id of a location that had another; an unknown id comes back as it is."""
        return self._current.get(LocationId(location), LocationId(location))

    def location(self, location: str) -> Site:
        """The site with that present or former id, or UnknownLocation."""
        try:
            return self._sites[self.current_id(location)]
        except KeyError:
            raise UnknownLocation(
                f"no location {location[:80]!r} in the sites file: it has {self._some_ids()}"
            ) from None

    def _some_ids(self) -> str:
        shown = ", ".join(list(self._sites)[:12])
        return shown if len(self) <= 12 else f"{shown} and {len(self) - 12} more"

    def currency(self, location: str) -> str | None:
        """The currency of a location; None where the file does not name it any more."""
        site = self._sites.get(self.current_id(location))
        return None if site is None else site.currency

    def is_listed(self, location: LocationId, device: DeviceId) -> bool:
        """Whether that camera is one of that location's, by its present or a former id."""
        return device in self._devices.get(self.current_id(location), frozenset())

    def listings(self, device: DeviceId) -> Sequence[Listing]:
        """Where the camera is listed and when, the earliest first; more than one if it moved."""
        return self._listings.get(device, ())

    def people(self, location: LocationId, device: DeviceId) -> int | None:
        """How many people the camera can see at once, where the file says so."""
        return self._people.get((self.current_id(location), device))


def load_sites(path: Path = SAMPLE) -> Sites:
    """Read a sites file, or raise DocumentError."""
    return Sites(read_document(path, _SitesDocument).locations)


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the sites file, for editors and other people's tools.

    It holds what a schema can say. Rules between fields (unique ids, dates in order, calendars and
    time zones that exist) are checked by `load` only.
    """
    schema = msgspec.json.schema(_SitesDocument)
    definitions = schema["$defs"]
    definitions["SitesFile"] = definitions.pop("_SitesDocument")
    fields = definitions["Site"]["properties"]
    fields["placement"] = {"enum": sorted(PLACEMENTS)}
    calendar = {"type": "string", "pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"}
    fields["holidays"] = {"anyOf": [calendar, {"type": "null"}], "default": None}
    fields["currency"] = {"enum": sorted(CURRENCIES), "description": "ISO 4217"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Onlooker sites file",
        "$ref": "#/$defs/SitesFile",
        "$defs": definitions,
    }


def read_document(path: Path, kind: type[Plain]) -> Plain:
    """Read a YAML file as a value of `kind`, or raise DocumentError naming the place inside it."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise DocumentError(f"{path} is larger than {LARGEST_FILE_BYTES} bytes")
    try:
        _refuse_tangles(content)
        plain = yaml.load(content, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader, made stricter
        _refuse_endless_numbers(plain, "$")
        _read_former_name(plain)
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{path}: {explain_field(str(error), kind)}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentError(f"{path}: {error}") from error
    except (LookupError, AttributeError, TypeError) as error:  # the YAML library's own
        raise DocumentError(f"{path}: a value does not fit the !!tag before it") from error


class _PlainLoader(yaml.CSafeLoader):
    """Safe YAML in which no key may be given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [str(key.value) for key, _ in node.value]
        for key, times in Counter(keys).items():
            if times > 1:
                line = node.start_mark.line + 1
                raise yaml.YAMLError(
                    f"key {key!r} is given {times} times in the block that starts on line {line}"
                )
        return super().construct_mapping(node, deep)


def _refuse_tangles(content: bytes) -> None:
    """No aliases, which can make a small file enormous, and no bottomless nesting."""
    depth = 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError(f"the alias *{event.anchor}: write the value out instead")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise yaml.YAMLError(f"nested more than {DEEPEST} levels deep")


def _read_former_name(plain: object) -> None:
    """Files written as `estate.yaml` name the base rate `base_rate_pence`."""
    locations = plain.get("locations") if isinstance(plain, dict) else None
    for location in locations if isinstance(locations, list) else ():
        if isinstance(location, dict) and "base_rate_minor" not in location:
            former = location.pop("base_rate_pence", None)
            location.update({"base_rate_minor": former} if former is not None else {})


def _refuse_endless_numbers(plain: object, place: str) -> None:
    if isinstance(plain, float) and not math.isfinite(plain):
        raise ValueError(f"{plain} is not a number that can be used - at `{place}`")
    if isinstance(plain, dict):
        for key, inner in plain.items():
            _refuse_endless_numbers(inner, f"{place}.{key}")
    if isinstance(plain, list):
        for index, inner in enumerate(plain):
            _refuse_endless_numbers(inner, f"{place}[{index}]")


def _refuse_repeated(what: str, names: Iterator[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise ValueError(f"{what} {name!r} is given {times} times: each must be unique")
