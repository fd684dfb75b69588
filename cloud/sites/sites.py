"""All sites of one sites file: look-ups by present or former location id and by camera."""

from collections.abc import Iterator, KeysView, Mapping, Sequence

from cloud.sites.camera_listings import Listing, listings_by_device
from cloud.sites.site_model import Site
from wire.scalars import DeviceId, LocationId


class UnknownLocation(LookupError):  # noqa: N818 - reads as what happened
    """A location that the sites file does not list."""


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
        """The present id of a location that had another; an unknown id is returned unchanged."""
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
        """The currency of a location; None where the file no longer lists it."""
        site = self._sites.get(self.current_id(location))
        return None if site is None else site.currency

    def is_listed(self, location: LocationId, device: DeviceId) -> bool:
        """Whether that camera is one of that location's, by its present or a former id."""
        return device in self._devices.get(self.current_id(location), frozenset())

    def listings(self, device: DeviceId) -> Sequence[Listing]:
        """Where the camera is listed and when, the earliest first; more than one if it moved."""
        return self._listings.get(device, ())

    def people(self, location: LocationId, device: DeviceId) -> int | None:
        """How many people the camera can see at once, where the file gives it."""
        return self._people.get((self.current_id(location), device))
