"""Settings of the services beside the measurement: status page, player, recorder, sensors."""

import re
from typing import Annotated, Final, Literal

from msgspec import Meta

from edge_agent.settings.field_types import Section
from wire.addresses import WEB_SCHEMES, parse_address, parse_broker

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class StatusSettings(Section, frozen=True):
    """The status page and the Prometheus metrics; port 0 serves nothing.

    With a token file every request must carry the token in it; a host other than loopback requires
    one. The preview shows the last picture with every head pixelated.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    token_file: str = ""
    preview: bool = False


class PlaysSettings(Section, frozen=True):
    """How the player reports what is on the screen, so that attention is split by creative.

    It publishes to `topic` at `broker`, or answers a GET of `url`, or posts to /plays of the status
    page (`http`).
    """

    http: bool = False
    broker: str = "mqtt://127.0.0.1"
    topic: str = ""
    url: str = ""
    ask_every_s: Annotated[float, Meta(ge=0.2, le=60)] = 1.0

    def __post_init__(self) -> None:
        parse_broker(self.broker)
        if self.url:
            parse_address(self.url, WEB_SCHEMES)


class RecorderSettings(Section, frozen=True):
    """Audit video with every head pixelated, below `folder`; off by default.

    Segments older than `days` or beyond the budget are deleted, the oldest first.
    """

    on: bool = False
    folder: str = "var/recordings"
    days: Annotated[float, Meta(gt=0, le=7)] = 7.0
    budget_bytes: Annotated[int, Meta(ge=16 * 2**20, le=2**44)] = 4 * 2**30
    width_px: Annotated[int, Meta(ge=160, le=1280)] = 640


class SensorSource(Section, frozen=True):
    """The source of readings: a JSON file, a web address, or a BH1750 at `bus:address`."""

    kind: Literal["file", "http", "bh1750"]
    at: Annotated[str, Meta(min_length=1, max_length=500)]
    every_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0

    def __post_init__(self) -> None:
        if self.kind == "http":
            parse_address(self.at, WEB_SCHEMES)
        if self.kind == "bh1750" and not re.fullmatch(r"\d{1,2}(:0x[0-9a-f]{2})?", self.at):
            raise ValueError(f"a BH1750 at {self.at[:80]!r}: give bus:address, such as 1:0x23")


class SensorSettings(Section, frozen=True):
    """Additional sensors. `lux_at_mid_grey` above 0 estimates illuminance from pictures."""

    lux_at_mid_grey: Annotated[float, Meta(ge=0, le=200_000)] = 0.0
    sources: Annotated[tuple[SensorSource, ...], Meta(max_length=8)] = ()


class HomeAssistantSettings(Section, frozen=True):
    """Discovery for Home Assistant on its broker; nothing is published without a broker."""

    broker: str = ""
    prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_/-]{1,64}$(?!\n)")] = "homeassistant"
    node: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")] = "onlooker"
    every_s: Annotated[float, Meta(ge=0.1, le=3600)] = 30.0

    def __post_init__(self) -> None:
        if self.broker:
            parse_broker(self.broker)
