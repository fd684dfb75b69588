"""Reads the forecasts of one site or of several, off the event loop where one has to be computed.

A site whose forecast fails is left out with its reason; the other sites are answered.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from starlette.concurrency import run_in_threadpool

from cloud.app.context import Desk, ForecastFailed
from cloud.app.forecast_cache import Made
from cloud.app.site_selection import LeftOut
from cloud.estate import Site

REACH: Final = timedelta(days=400)
"""How far from now a slot may be."""


async def made_for(desk: Desk, site: Site) -> Made:
    """The forecast of a site, computed in a thread when the cached one has expired."""
    made = desk.fresh(site)
    return made if made is not None else await run_in_threadpool(desk.forecast, site)


def made_for_each(
    desk: Desk, sites: Iterable[Site]
) -> tuple[list[tuple[Site, Made]], list[LeftOut]]:
    """The forecasts of several sites, and the sites of which none can be computed."""
    found, left_out = [], []
    for site in sites:
        try:
            found.append((site, desk.forecast(site)))
        except ForecastFailed as failed:
            left_out.append(LeftOut(location=site.id, reason=str(failed)))
    return found, left_out


async def made_for_all(
    desk: Desk, sites: Sequence[Site]
) -> tuple[list[tuple[Site, Made]], list[LeftOut]]:
    """The same, in a thread when at least one cached forecast has expired."""
    fresh = [(site, desk.fresh(site)) for site in sites]
    if any(made is None for _, made in fresh):
        return await run_in_threadpool(made_for_each, desk, sites)
    return [(site, made) for site, made in fresh if made is not None], []
