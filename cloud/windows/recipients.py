"""Who wants to hear of which alerts, where, and when to be left alone. Read from a YAML file.

recipients:
  - name: operations
    to: mailto:ops@example.com          # or https://hooks.example.com/x, sns:<topic ARN>, log:
    kinds: [camera., equipment.]        # beginnings of kinds; without, all
    locations: [KX-01, LB-01]           # without, all
    quiet: {from: "22:00", until: "07:00", timezone: Europe/London}
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from cloud.estate import document

SCHEMES: Final = ("https://", "http://", "mailto:", "sns:", "log:")


class Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Hours of the day, by the recipient's own clock, in which nothing is sent."""

    from_: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z")]
    until: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z")]
    timezone: str

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"timezone {self.timezone!r} is not known") from None

    def ends_after(self, at: datetime) -> datetime:
        """`at` itself, or the end of the quiet hours that hold it."""
        local = at.astimezone(ZoneInfo(self.timezone))
        opens, closes = time.fromisoformat(self.from_), time.fromisoformat(self.until)
        clock = local.time()
        if opens <= closes:
            quiet, days = opens <= clock < closes, 0
        else:
            quiet, days = clock >= opens or clock < closes, int(clock >= opens)
        if not quiet:
            return at
        ends_on = local.date() + timedelta(days=days)
        return datetime.combine(ends_on, closes, local.tzinfo).astimezone(at.tzinfo)


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One address and its wishes."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}\Z")]
    to: Annotated[str, Meta(min_length=4, max_length=500)]
    kinds: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    quiet: Quiet | None = None

    def __post_init__(self) -> None:
        if not self.to.startswith(SCHEMES):
            raise ValueError(f"cannot send to {self.to[:80]!r}: begin with {', '.join(SCHEMES)}")

    def wants(self, kind: str, location: str) -> bool:
        """Whether this alert is theirs."""
        return (not self.kinds or kind.startswith(self.kinds)) and (
            not self.locations or location in self.locations
        )

    def due_at(self, at: datetime) -> datetime:
        """When they may be told of what happened at `at`."""
        return self.quiet.ends_after(at) if self.quiet else at


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    recipients: Annotated[tuple[Recipient, ...], Meta(max_length=1_000)]

    def __post_init__(self) -> None:
        for name in _repeated(recipient.name for recipient in self.recipients):
            raise ValueError(f"two recipients are called {name!r}: give each a name of its own")


def load(path: Path) -> tuple[Recipient, ...]:
    """Read the file, or raise EstateError, which names the place inside it."""
    return document(path, _File).recipients


def _repeated(names: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)
