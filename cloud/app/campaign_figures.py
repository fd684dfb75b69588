"""The figures of campaigns for the API: computed once for all viewers of a campaign.

A result is shared for five seconds. While one thread computes it, the others wait for it, so a
thousand viewers of a campaign cost as much as one.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from cloud import database
from cloud.app.context import AppContext
from cloud.campaigns.campaign import Campaign
from cloud.campaigns.performance import Performance, read_performance
from cloud.campaigns.usual_audience import UsualAudience
from cloud.forecast.forecaster import SiteForecast
from cloud.lru_cache import LruCache
from cloud.sites.site_model import Site

SHARED_FOR: Final = timedelta(seconds=5)
MOST_CAMPAIGNS: Final = 20


def usual_audience(context: AppContext) -> UsualAudience:
    """The usual audience by the forecasts of the API, which are cached."""

    def forecast_of(site: Site) -> SiteForecast:
        return context.forecast(site).forecast

    return UsualAudience(context.sites, forecast_of)


def compute_performance(context: AppContext, campaign: Campaign) -> Performance:
    """The performance of a campaign now, computed anew."""
    with database.reading(context.engine) as connection:
        return read_performance(connection, campaign, usual_audience(context), context.clock())


@dataclass
class CampaignFigures:
    """The latest performance of campaigns, shared by the requests of one process."""

    viewers: int = 0
    """Clients that are sent live figures now."""
    _latest: LruCache[Performance] = field(default_factory=lambda: LruCache(MOST_CAMPAIGNS))
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(
        self,
        context: AppContext,
        campaign: Campaign,
        compute: Callable[[AppContext, Campaign], Performance] = compute_performance,
    ) -> Performance:
        """The performance of a campaign, at most five seconds old."""
        key = (campaign.id, tuple((name, line.version) for name, line in campaign.lines.items()))
        with self._lock:
            lock = self._locks.setdefault(campaign.id, threading.Lock())
        with lock:
            held = self._latest.get(key)
            now = context.clock()
            if held is None or not held.at <= now < held.at + SHARED_FOR:
                held = compute(context, campaign)
                self._latest.put(key, held)
        self._forget_unused(campaign.id, lock)
        return held

    def _forget_unused(self, campaign: str, lock: threading.Lock) -> None:
        """Keep the number of locks bounded; a lock that is in use stays."""
        with self._lock:
            if len(self._locks) > MOST_CAMPAIGNS and not lock.locked():
                self._locks.pop(campaign, None)
