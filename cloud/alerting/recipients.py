"""Recipients of notifications: address, kinds, locations and quiet hours, from a YAML file.

recipients:
  - name: operations
    to: mailto:ops@example.com          # or https://hooks.example.com/x, sns:<topic ARN>, log:
    kinds: [camera., equipment.]        # beginnings of kinds; without, all
    locations: [KX-01, LB-01]           # without, all
    products: [orange-1l]               # with it or `regions`: alerts of retail prices alone
    regions: [north]
    quiet: {from: "22:00", until: "07:00", timezone: Europe/London}
    secret_file: /etc/onlooker/hook.key # or secret_env: NAME; signs what a webhook receives

A recipient that cannot be used is refused by line and name; the others are notified. So is one
that names a location which the sites file does not have; a former id stands for the present one.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml
from msgspec import Meta

from cloud.alerting.lifecycle import AlertEvent
from cloud.alerting.rules import RETAIL, AlertKind
from cloud.alerting.targets import Target, TargetError, Webhook, parse_target
from cloud.sites.sites import Sites, UnknownLocation
from cloud.yaml_document import DocumentError, read_document

MOST: Final = 1_000
SHORTEST_SECRET: Final = 16
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z")]


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Hours of the day, by the recipient's own clock, in which nothing is sent."""

    from_: Clock
    until: Clock
    timezone: str

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"timezone {self.timezone[:64]!r} is not known: use a name such as Europe/London"
            ) from None
        if self.from_ == self.until:
            raise ValueError(
                f"quiet hours from {self.from_} until {self.until} could be no time or the whole "
                "day: write two different times, or remove the recipient for silence all day"
            )

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
    """One address and its filters."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}\Z")]
    to: Annotated[str, Meta(min_length=4, max_length=2_000)]
    kinds: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    quiet: QuietHours | None = None
    secret_file: str | None = None
    secret_env: str | None = None

    def __post_init__(self) -> None:
        if self.secret_file is not None and self.secret_env is not None:
            raise ValueError("`secret_file` and `secret_env` are both given: choose one")
        if self.locations and (self.products or self.regions):
            raise ValueError(
                "`locations` are of cameras, `products` and `regions` of retail prices: make two "
                "recipients"
            )
        for beginning in self.kinds:
            if not any(kind.startswith(beginning) for kind in AlertKind):
                raise ValueError(
                    f"no kind of alert begins with {beginning[:40]!r}: give beginnings of "
                    f"{', '.join(AlertKind)}"
                )
        target = self.target  # refuses what cannot be read
        if self._has_secret and not isinstance(target, Webhook):
            raise ValueError("a secret signs webhooks only: remove it, or send to https://")

    @property
    def _has_secret(self) -> bool:
        return self.secret_file is not None or self.secret_env is not None

    @property
    def target(self) -> Target:
        """Where notifications go; TargetError (a ValueError) when that cannot be read."""
        return parse_target(self.to)

    def secret(self, environment: Mapping[str, str] = os.environ) -> bytes | None:
        """The key that signs webhooks; TargetError when it is not there."""
        if self.secret_file is not None:
            try:
                found = Path(self.secret_file).read_bytes().strip()
            except OSError as error:
                raise TargetError(f"the secret file cannot be read: {error.strerror}") from None
        elif self.secret_env is not None:
            found = environment.get(self.secret_env, "").strip().encode()
        else:
            return None
        if len(found) < SHORTEST_SECRET:
            raise TargetError(
                f"the secret has {len(found)} bytes: give it at least {SHORTEST_SECRET}"
            )
        return found

    def matches(self, event: AlertEvent, region: str | None = None) -> bool:
        """Whether the recipient is notified of an alert; `region` is that of its store."""
        if self.kinds and not event.kind.startswith(self.kinds):
            return False
        if self.products or self.regions:
            is_product = not self.products or event.device in self.products
            is_region = not self.regions or region in self.regions
            return event.kind.startswith(RETAIL) and is_product and is_region
        return not self.locations or event.location in self.locations

    def due_at(self, at: datetime) -> datetime:
        """When the recipient may be notified of a change at `at`."""
        return self.quiet.ends_after(at) if self.quiet else at


@dataclass(frozen=True, slots=True)
class RefusedRecipient:
    """A recipient of the file that cannot be used, and why."""

    line: int
    name: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, recipient {self.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Recipients:
    """The recipients of a file: usable ones and refused ones."""

    usable: tuple[Recipient, ...]
    refused: tuple[RefusedRecipient, ...] = ()


TO_LOG: Final = Recipients((Recipient(name="log", to="log:"),))


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    recipients: Annotated[tuple[Any, ...], Meta(max_length=MOST)]


def load_recipients(
    path: Path, environment: Mapping[str, str] = os.environ, sites: Sites | None = None
) -> Recipients:
    """Read the file; locations are checked against `sites` where it is given.

    Raises:
        DocumentError: the file as a whole cannot be read, or none of its recipients can be used.
    """
    entries = read_document(path, _File).recipients
    usable: dict[str, Recipient] = {}
    refused = []
    for entry, line in zip(entries, _lines(path, len(entries)), strict=True):
        name = _name(entry)
        try:
            recipient = msgspec.convert(entry, Recipient)
            recipient.secret(environment)
            if sites is not None:
                recipient = _at_present_ids(recipient, sites)
            if recipient.name in usable:
                raise ValueError("the name is given twice: give each recipient its own")
        except ValueError as error:
            refused.append(RefusedRecipient(line, name, str(error)))
        else:
            usable[recipient.name] = recipient
    if refused and not usable:
        raise DocumentError(f"{path}: no recipient can be used: {'; '.join(map(str, refused))}")
    return Recipients(tuple(usable.values()), tuple(refused))


def _at_present_ids(recipient: Recipient, sites: Sites) -> Recipient:
    """The recipient with the present ids of its locations, by which alerts name them.

    Raises:
        ValueError: the sites file has no such location; says which it has.
    """
    try:
        locations = tuple(sites.location(one).id for one in recipient.locations)
    except UnknownLocation as error:
        raise ValueError(f"{error}. Correct `locations`, or add it to the sites file") from None
    return msgspec.structs.replace(recipient, locations=locations)


def _name(entry: Any) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    return repr(name[:63]) if isinstance(name, str) else "without a name"


def _lines(path: Path, count: int) -> list[int]:
    """The line on which each recipient begins."""
    root = yaml.compose(path.read_bytes(), Loader=yaml.CSafeLoader)
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "recipients" and isinstance(value, yaml.SequenceNode):
                return [item.start_mark.line + 1 for item in value.value]
    return [0] * count
