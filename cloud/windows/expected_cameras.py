"""Who should have observed a stretch of time: the cameras of the sites file, not those with rows.

A camera that is expected and says nothing lowers the observed share. A camera that reports without
being expected (an optional one, one outside its dates, one that the file does not list) adds its
observed time to both sides, so it cannot make up for a silent one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from cloud.estate import Site, SiteCamera

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The expected cameras of a stretch, and the camera time that a full observation has."""

    expected: int
    whole_ms: int
    unlisted: tuple[str, ...]
    """Cameras that reported and that the sites file does not list there."""


@dataclass(frozen=True, slots=True)
class ExpectedCameras:
    """The expected cameras of some sites, ready to be asked about many stretches."""

    always: frozenset[str]
    dated: tuple[tuple[SiteCamera, ZoneInfo], ...]
    listed: frozenset[str]

    @classmethod
    def of(cls, sites: Iterable[Site]) -> Self:
        """Those of these sites."""
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
        """Camera time of the stretch when every expected camera observes all of it."""
        dated = (camera.expected_ms(starts_at, ends_at, zone) for camera, zone in self.dated)
        return len(self.always) * _span_ms(starts_at, ends_at) + sum(dated)

    def coverage(
        self, starts_at: datetime, ends_at: datetime, observed_ms: Mapping[str, int]
    ) -> Coverage:
        """Of a stretch in which these devices observed so much."""
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
