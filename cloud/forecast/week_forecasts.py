"""Forecast the weeks of sites from their observations, in the nightly run and for a request alike.

A site is forecast from its own hours when the weeks up to its newest observation hold two weeks of
them. Observations may be old: the interval widens with their age, by the same square root as with
the distance of the forecast day, and the basis states the age.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from cloud.forecast.basis import Sources, WeekBasis
from cloud.forecast.history.history_store import local_midnight
from cloud.forecast.history.observations import SiteObservations
from cloud.forecast.intervals.sanity_bounds import apply_sanity_bounds, widen
from cloud.forecast.models.boosted import TrainedModel
from cloud.forecast.models.candidate_forecasts import (
    CandidateForecasts,
    forecast_candidates,
    select_site_rows,
)
from cloud.forecast.models.model_selection import ModelScore, choose_model
from cloud.forecast.models.registry import model_version
from cloud.forecast.network import Network
from cloud.forecast.series import Flags, Floats
from cloud.forecast.signals import Signals
from cloud.forecast.store import StoredWeek
from cloud.forecast.unobserved_hours import fill_unobserved_hours
from cloud.forecast.venue_profiles import build_venue_week, find_venue
from cloud.forecast.weekly import columns_like

LEAST_WEEKS: Final = 1.8
"""Two weeks, of which a tenth may be missing."""
WIDEST: Final = 3.0

ModelScores = Mapping[str, Mapping[str, ModelScore]]


@dataclass(frozen=True, slots=True)
class WeekForecasts:
    """The stored weeks of sites, and the week of each model (model -> site -> week)."""

    weeks: list[StoredWeek]
    candidate_weeks: dict[str, dict[str, Floats]]


def has_enough_weeks(place: SiteObservations) -> bool:
    """Whether a site has enough weeks to be forecast from its own hours."""
    return place.weeks >= LEAST_WEEKS


def compute_age_widening(weeks: float) -> float:
    """The factor by which an interval is wider that many weeks after the observations."""
    return min(WIDEST, math.sqrt(1 + max(0.0, weeks)))


def build_week_forecasts(
    network: Network,
    sites: Sequence[SiteObservations],
    trained: TrainedModel | None,
    signals: Mapping[str, Signals],
    scores: ModelScores,
    *,
    now: datetime,
) -> WeekForecasts:
    """Forecast sites that have enough weeks, all on one local day."""
    if not sites:
        return WeekForecasts([], {})
    candidates = forecast_candidates(network, sites, trained, signals)
    weeks = [
        _build_week(network, site, candidates, at, scores.get(site.site.id, {}), now=now)
        for at, site in enumerate(sites)
    ]
    return WeekForecasts(weeks, dict(_weeks_by_model(sites, candidates)))


def _weeks_by_model(
    sites: Sequence[SiteObservations], candidates: CandidateForecasts
) -> Iterator[tuple[str, dict[str, Floats]]]:
    for name in candidates.weeks:
        yield (
            model_version(name),
            {
                site.site.id: candidates.of_site(name, at)
                for at, site in enumerate(sites)
                if name in candidates.list_models(at)
            },
        )


def _build_week(
    network: Network,
    site: SiteObservations,
    candidates: CandidateForecasts,
    at: int,
    scores: Mapping[str, ModelScore],
    *,
    now: datetime,
) -> StoredWeek:
    name, width = _select_model(site, candidates.list_models(at), scores)
    plain = candidates.plain
    coming_like = columns_like(network.today, network.holidays)
    assumed = build_venue_week(find_venue(site.site.venue), network.today)
    observed = select_site_rows(plain.coming_observed, at)
    coming, coming_sources = _complete(
        site, candidates.of_site(name, at), width, observed, assumed[:, coming_like]
    )
    usual, usual_sources = _complete(
        site,
        select_site_rows(plain.usual, at),
        width,
        select_site_rows(plain.usual_observed, at),
        assumed,
    )
    assert site.newest_at is not None  # it has enough weeks
    reason, weeks = describe_basis(network, site), round(site.weeks, 1)
    return StoredWeek(
        location=site.site.id,
        first_on=network.today,
        model=model_version(name),
        made_at=now,
        cutoff_at=min(now, site.newest_at),
        week=coming,
        usual=usual,
        basis=WeekBasis(reason, weeks, site.age_weeks, coming_sources, usual_sources),
        zone=site.site.timezone,
    )


def _select_model(
    site: SiteObservations, names: Sequence[str], scores: Mapping[str, ModelScore]
) -> tuple[str, float]:
    """The model of a site, and the factor by which its interval is wider than the model's own."""
    scored = {name: scores[model_version(name)] for name in names if model_version(name) in scores}
    name = choose_model(scored, names[0])
    width = scored[name].widening if name in scored else 1.0
    return name, width * compute_age_widening(site.age_weeks) * (1 + site.estimated)


def _complete(
    site: SiteObservations, week: Floats, width: float, observed: Flags, assumed: Floats
) -> tuple[Floats, Sources]:
    """A week with all its hours, and the source of each."""
    bounded = apply_sanity_bounds(widen(week, width), site.series)
    whole, sources = fill_unobserved_hours(bounded, observed[0], assumed)
    return np.sort(np.maximum(whole, 0), axis=1), sources


def describe_basis(network: Network, place: SiteObservations) -> str:
    """The basis of the forecast of a site, in words."""
    until = network.today - timedelta(days=1)
    if place.newest_at is not None:
        until = min(
            until, (place.newest_at - timedelta(hours=1)).astimezone(place.site.zone).date()
        )
    sentences = [
        f"{place.weeks:.1f} weeks of hours measured here from {place.learnt_from} to {until}",
        *_age(network, place),
        *place.notes,
    ]
    return "; ".join(sentences)


def _age(network: Network, place: SiteObservations) -> Iterator[str]:
    if place.age_weeks and place.newest_at is not None:
        newest = place.newest_at.astimezone(place.site.zone)
        days = (local_midnight(network.today, place.site) - newest).days
        yield (
            f"nothing observed since {newest:%Y-%m-%d %H:%M}, {days} days ago: the interval is "
            f"{compute_age_widening(place.age_weeks):.1f} times as wide"
        )
