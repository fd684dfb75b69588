"""A cached forecast with its inputs, and its encoding for the other processes of the API."""

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
    """A forecast, the value of a play, the sales and the coverage of a site at one time."""

    at: datetime
    forecast: SiteForecast
    plays: SitePlays
    book: SiteMarket
    observed: RecentCoverage

    @property
    def fresh_for(self) -> timedelta:
        """How long it may be used: shorter while it is based on assumptions."""
        return MAX_AGE if self.forecast.basis == "measured" else MAX_AGE_ASSUMED

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.at <= now < self.at + self.fresh_for and self.book.holds_at(now)


def encode_forecast(made: CachedForecast) -> bytes:
    """As MessagePack."""
    return _encoder.encode(made)


def decode_forecast(content: bytes, unreadable: Counter) -> CachedForecast | None:
    """Decode a forecast; None, a log line and a count for the encoding of another version."""
    try:
        return _decoder.decode(content)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        unreadable.inc()
        log.warning("forecasts.unreadable", extra={"error": str(error)[:200]})
        return None


def unreadable_counter() -> Counter:
    """Counts stored forecasts that could not be decoded; normal only during an upgrade."""
    return Counter(
        "onlooker_kept_forecasts_unreadable",
        "Forecasts stored by another process that this one could not decode",
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
