"""One message to one recipient: grouped changes of one kind, as text and as JSON.

Two thousand cameras that go offline at once are one message with counts by site, the first devices
and a link to the list.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cloud.alerting.lifecycle import AlertChange
from cloud.alerting.rules import RETAIL, THRESHOLDS, Severity

SITES_SHOWN: Final = 50
DEVICES_SHOWN: Final = 20
LONGEST_SUBJECT: Final = 180


SEVERITIES: Final[Mapping[str, Severity]] = {
    kind: thresholds.severity for kind, thresholds in THRESHOLDS.items()
}


def severity(kind: str) -> Severity:
    """The severity of a kind of alert; a warning for a kind that is no longer evaluated."""
    return SEVERITIES.get(kind, Severity.WARNING)


@dataclass(frozen=True, slots=True)
class AlertItem:
    """One alert in a message. `at` is when it was raised or cleared."""

    notice: int
    alert: int
    location: str
    site_name: str
    device: str
    at: datetime
    message: str
    kind: str = ""

    @property
    def where(self) -> str:
        """Site and camera as text; store and product for an alert of retail prices."""
        if self.kind.startswith(RETAIL):
            return " in ".join(part for part in (self.device, self.location) if part)
        site = self.location or "all locations"
        if self.site_name and self.site_name != self.location:
            site = f"{self.site_name} ({self.location})"
        return f"{site}, camera {self.device}" if self.device else site


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """The alerts that one recipient receives at once; at least one item."""

    batch: str
    change: AlertChange
    kind: str
    items: tuple[AlertItem, ...]
    base_url: str = ""

    @property
    def key(self) -> str:
        """Equal for every attempt to deliver the same notifications, for deduplication."""
        numbers = ",".join(str(item.notice) for item in self.items)
        return hashlib.sha256(f"{self.batch}:{numbers}".encode()).hexdigest()[:32]

    @property
    def severity(self) -> Severity:
        """How urgent an alert is."""
        return severity(self.kind)

    @property
    def at(self) -> datetime:
        """When the latest of the changes happened."""
        return max(item.at for item in self.items)

    @property
    def sites(self) -> list[tuple[str, str, int]]:
        """Location, its name, and how many alerts of the message it has; the most first."""
        counts = Counter((item.location, item.site_name) for item in self.items)
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return [(location, name, count) for (location, name), count in ordered]

    @property
    def subject(self) -> str:
        """One line."""
        words = f"{self.severity.upper()} {self.kind} {self.change}"
        devices = _counted(len(self.items), self._noun)
        sites = _counted(len(self.sites), self._site_noun)
        where = self.items[0].where if len(self.items) == 1 else f"{devices} at {sites}"
        return " ".join(f"{words}: {where}".split())[:LONGEST_SUBJECT]

    @property
    def _noun(self) -> str:
        if self.kind.startswith(RETAIL):
            return "price"
        return "camera" if any(item.device for item in self.items) else "location"

    @property
    def _site_noun(self) -> str:
        return "store" if self.kind.startswith(RETAIL) else "site"

    @property
    def link(self) -> str:
        """Where the alerts can be looked up."""
        if len(self.items) == 1:
            return f"{self.base_url}/api/alerts/{self.items[0].alert}"
        state = "open" if self.change is AlertChange.RAISED else "cleared"
        return f"{self.base_url}/api/alerts?kind={self.kind}&state={state}"

    def text(self) -> str:
        """As a mail carries it."""
        return "\n".join((*self._lines(), "", self.link, ""))

    def _lines(self) -> Iterable[str]:
        if len(self.items) == 1:
            one = self.items[0]
            yield from (
                one.message,
                "",
                f"{self._site_noun.title()}: {one.where}",
                f"Time: {one.at.isoformat()}",
            )
            yield from (f"Severity: {self.severity}", f"Alert: {one.alert}")
            return
        yield f"{_counted(len(self.items), 'alert')} {self.kind} {self.change}"
        yield f"Severity: {self.severity}, latest at {self.at.isoformat()}"
        yield from ("", f"By {self._site_noun}:")
        for location, name, count in self.sites[:SITES_SHOWN]:
            yield f"  {count:5} {location}  {name}"
        yield from _more(len(self.sites) - SITES_SHOWN, self._site_noun)
        yield from ("", f"The first {self._noun}s:")
        for item in self.items[:DEVICES_SHOWN]:
            yield f"  {item.where}: {item.message} (alert {item.alert})"
        yield from _more(len(self.items) - DEVICES_SHOWN, self._noun)

    def json(self) -> dict[str, Any]:
        """As a webhook or a topic receives it. `alert`, `location` and `device` name one alert;
        they are null where the message is about several.
        """
        one = self.items[0] if len(self.items) == 1 else None
        return {
            "id": self.key,
            "alert": one.alert if one else None,
            "change": str(self.change),
            "kind": self.kind,
            "severity": str(self.severity),
            "location": one.location if one else None,
            "site_name": one.site_name if one else None,
            "device": (one.device or None) if one else None,
            "at": self.at.isoformat(),
            "message": one.message if one else self.subject,
            "count": len(self.items),
            "sites": [
                {"location": location, "site_name": name, "count": count}
                for location, name, count in self.sites[:SITES_SHOWN]
            ],
            "alerts": [self._described(item) for item in self.items[:DEVICES_SHOWN]],
            "link": self.link,
        }

    def _described(self, item: AlertItem) -> dict[str, Any]:
        return {
            "alert": item.alert,
            "location": item.location,
            "site_name": item.site_name,
            "device": item.device or None,
            "at": item.at.isoformat(),
            "message": item.message,
        }


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _more(count: int, noun: str) -> Iterable[str]:
    if count > 0:
        yield f"  and {_counted(count, f'more {noun}')}"
