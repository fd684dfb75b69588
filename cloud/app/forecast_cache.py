"""A forecast with what belongs to it, as the API's processes hand it to each other in bytes."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from prometheus_client import Counter

from cloud.app.play_impressions import SitePlays
from cloud.app.recent_coverage import RecentCoverage
from cloud.forecast.forecaster import SiteForecast
from cloud.sales.book import SiteMarket

log = logging.getLogger(__name__)
MAX_AGE: Final = timedelta(minutes=15)
MAX_AGE_ASSUMED: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CachedForecast:
    """A forecast, what a play is worth there, what the sales floor knows, and as of when."""

    at: datetime
    forecast: SiteForecast
    plays: SitePlays
    book: SiteMarket
    observed: RecentCoverage

    @property
    def fresh_for(self) -> timedelta:
        """How long it may be used: less while it rests on assumptions."""
        return MAX_AGE if self.forecast.basis == "measured" else MAX_AGE_ASSUMED

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.at <= now < self.at + self.fresh_for and self.book.holds_at(now)


def encode_forecast(made: CachedForecast) -> bytes:
    """As MessagePack."""
    return _encoder.encode(made)


def decode_forecast(content: bytes, unreadable: Counter) -> CachedForecast | None:
    """The value again; None, a log line and a count when it is not one that this version writes."""
    try:
        return _decoder.decode(content)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        unreadable.inc()
        log.warning("forecasts.unreadable", extra={"error": str(error)[:200]})
        return None


def unreadable_counter() -> Counter:
    """How many kept forecasts could not be read; any but during an upgrade is a fault."""
    return Counter(
        "onlooker_kept_forecasts_unreadable",
        "Forecasts kept by another process that this one could not decode",
        registry=None,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes())
    if isinstance(value, ZoneInfo):
        return value.key
    raise NotImplementedError(f"{type(value).__name__} has no plain form")


def _full(kind: type, plain: Any) -> Any:
    if kind is ZoneInfo:
        return ZoneInfo(plain)
    layout, shape, content = plain
    return np.frombuffer(content, dtype=layout).reshape(shape).copy()


_encoder: Final = msgspec.msgpack.Encoder(enc_hook=_plain)
_decoder: Final = msgspec.msgpack.Decoder(CachedForecast, dec_hook=_full)
