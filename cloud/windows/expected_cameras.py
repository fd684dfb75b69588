"""Which cameras should have observed an interval: those of the sites file, not those with rows.

An expected camera without data lowers the observed share. A camera that reports without being
expected (optional, outside its dates, or not listed) adds its observed time to both sides, so it
cannot compensate for a missing camera.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from cloud.sites.site_model import Site, SiteCamera

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The expected cameras of an interval, and the camera time of a full observation."""

    expected: int
    whole_ms: int
    unlisted: tuple[str, ...]
    """Cameras that reported and are not listed there."""


@dataclass(frozen=True, slots=True)
class ExpectedCameras:
    """The expected cameras of some sites, for queries about many intervals."""

    always: frozenset[str]
    dated: tuple[tuple[SiteCamera, ZoneInfo], ...]
    listed: frozenset[str]

    @classmethod
    def of(cls, sites: Iterable[Site]) -> Self:
        """The expected cameras of these sites."""
        always, dated, listed = set[str](), list[tuple[SiteCamera, ZoneInfo]](), set[str]()
        for site in sites:
            zone = site.zone
            for camera in site.cameras:
                listed.add(camera.id)
                if camera.from_on is None and camera.until_on is None:
                    if not camera.optional:
                        always.add(camera.id)
                else:
                    dated.append((camera, zone))
        return cls(frozenset(always), tuple(dated), frozenset(listed))

    def whole_ms(self, starts_at: datetime, ends_at: datetime) -> int:
        """Camera time of the interval when every expected camera observes all of it."""
        dated = (camera.expected_ms(starts_at, ends_at, zone) for camera, zone in self.dated)
        return len(self.always) * _span_ms(starts_at, ends_at) + sum(dated)

    def expects(self, device: str, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether a camera is expected in a part of the interval."""
        return device in self.always or any(
            camera.id == device and camera.expected_ms(starts_at, ends_at, zone)
            for camera, zone in self.dated
        )

    def coverage(
        self, starts_at: datetime, ends_at: datetime, observed_ms: Mapping[str, int]
    ) -> Coverage:
        """The coverage of an interval, by the observed time of each device."""
        dated = {
            str(camera.id)
            for camera, zone in self.dated
            if camera.expected_ms(starts_at, ends_at, zone)
        }
        expected = self.always | dated
        beside_ms = sum(ms for device, ms in observed_ms.items() if device not in expected)
        return Coverage(
            len(expected),
            self.whole_ms(starts_at, ends_at) + beside_ms,
            tuple(sorted(observed_ms.keys() - self.listed)),
        )


def _span_ms(starts_at: datetime, ends_at: datetime) -> int:
    return max(0, (ends_at - starts_at) // _MILLISECOND)
