"""Alerts without a network: sites files of any size, and recipients that record messages."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cloud.alerting import notifications
from cloud.alerting.lifecycle import AlertEvent, apply_measures
from cloud.alerting.message import AlertMessage
from cloud.alerting.notifications import DeliveryFailure
from cloud.alerting.notifier import Notifier
from cloud.alerting.recipients import Recipient
from cloud.alerting.rules import AlertKind, AlertThresholds, Measure
from cloud.database import report_streams, writing

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OPS = Recipient(name="ops", to="log:")
AT_ONCE = {kind: AlertThresholds(0.5, 0.2, hold_clear=timedelta()) for kind in AlertKind}
"""Thresholds without hold times, for tests of something else."""


def blind(share: float, location: str = "KX-01", device: str = "") -> Measure:
    named = device or f"{location.lower()}-cam-1"
    return Measure(AlertKind.UNOBSERVED, location, named, share, f"{share:.0%} blind")


@dataclass
class RecordingSender:
    """A way to deliver that hears, or does not."""

    received: list[str] = field(default_factory=list)
    messages: list[AlertMessage] = field(default_factory=list)
    failure: DeliveryFailure | None = None
    failing_names: set[str] = field(default_factory=set)

    def __call__(self, recipient: Recipient, message: AlertMessage) -> DeliveryFailure | None:
        if self.failure is not None and (
            not self.failing_names or recipient.name in self.failing_names
        ):
            return self.failure
        self.messages.append(message)
        self.received += [f"{message.change} {item.location}" for item in message.items]
        return None


@dataclass
class Scene:
    """One database, what happens to its alerts, and who hears of it."""

    engine: Engine
    recorder: RecordingSender = field(default_factory=RecordingSender)
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dispatcher = Notifier(self.engine, self.recorder, call_s=10.0)

    def happens(
        self, measures: Measure | list[Measure], at: datetime, *who: Recipient,
        within: timedelta = timedelta(),
    ) -> list[AlertEvent]:  # fmt: skip
        with writing(self.engine) as connection:
            every = measures if isinstance(measures, list) else [measures]
            events = apply_measures(connection, every, at, AT_ONCE)
            notifications.plan_notifications(connection, events, who, within)
        return events

    def deliver(self, at: datetime, *who: Recipient) -> int:
        return self.dispatcher.run_until_idle(who, self.names, at)


@pytest.fixture
def scene(engine: Engine) -> Scene:
    return Scene(engine)


SITE = """\
  - id: {id}
    name: {name}
    latitude_deg: 51.53
    longitude_deg: -0.12
    timezone: Europe/London
    venue: "10201"
    placement: street
    screen: {{width_m: 2, height_m: 3, width_px: 1080, height_px: 1920}}
    base_rate_minor: 1000
    base_attention_s: 600
    currency: GBP
    attributes: {{traffic: high, demographic: mixed}}
    formerly: {formerly}
    cameras: {cameras}
"""


def sites_file(path: Path, cameras: dict[str, str], formerly: str = "[]") -> Path:
    """A sites file: location to its list of cameras, as YAML has it."""
    sites = [
        SITE.format(id=location, name=f"Site {location}", cameras=listed, formerly=formerly)
        for location, listed in cameras.items()
    ]
    path.write_text("version: 1\nlocations:\n" + "".join(sites))
    return path


def insert_stream(engine: Engine, location: str, device: str, at: datetime) -> None:
    """One stream of a device whose last report was acknowledged at that time."""
    row = {"device": device, "location": location, "stream_id": "j", "through": 1,
           "received_ranges": "[]", "acknowledged_at": at}  # fmt: skip
    with writing(engine) as connection:
        connection.execute(report_streams.delete().where(report_streams.c.device == device))
        connection.execute(report_streams.insert(), row)


def wait_for(is_so: Callable[[], object], seconds: float = 30.0) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)
