"""Reads the forecasts of one site or of several, off the event loop where one has to be computed.

A site whose forecast fails is left out with its reason; the other sites are answered.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from starlette.concurrency import run_in_threadpool

from cloud.app.context import AppContext, ForecastFailed
from cloud.app.forecast_cache import CachedForecast
from cloud.app.site_selection import OmittedLocation
from cloud.sites.site_model import Site

REACH: Final = timedelta(days=400)
"""How far from now a slot may be."""


async def forecast_site(context: AppContext, site: Site) -> CachedForecast:
    """The forecast of a site, computed in a thread when the cached one has expired."""
    made = context.fresh(site)
    return made if made is not None else await run_in_threadpool(context.forecast, site)


def forecast_each(
    context: AppContext, sites: Iterable[Site]
) -> tuple[list[tuple[Site, CachedForecast]], list[OmittedLocation]]:
    """The forecasts of several sites, and the sites of which none can be computed."""
    found, left_out = [], []
    for site in sites:
        try:
            found.append((site, context.forecast(site)))
        except ForecastFailed as failed:
            left_out.append(OmittedLocation(location=site.id, reason=str(failed)))
    return found, left_out


async def forecast_all(
    context: AppContext, sites: Sequence[Site]
) -> tuple[list[tuple[Site, CachedForecast]], list[OmittedLocation]]:
    """The same, in a thread when at least one cached forecast has expired."""
    fresh = [(site, context.fresh(site)) for site in sites]
    if any(made is None for _, made in fresh):
        return await run_in_threadpool(forecast_each, context, sites)
    return [(site, made) for site, made in fresh if made is not None], []
