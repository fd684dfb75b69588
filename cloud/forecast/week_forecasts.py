"""The forecast of places from what was observed there: one way for the night and for a request.

A place is forecast from its own hours when the weeks up to its newest observation hold two weeks of
them. Old observations are used however old they are: the interval widens with their age, by the
same square root as with the distance of the day that is forecast, and the basis says so.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from cloud.forecast import unobserved_hours, venue_profiles
from cloud.forecast.basis import Sources, WeekBasis
from cloud.forecast.history.history_store import local_midnight
from cloud.forecast.history.observations import SiteObservations
from cloud.forecast.intervals.sanity_bounds import apply_sanity_bounds, widen
from cloud.forecast.models import model_selection
from cloud.forecast.models.boosted import TrainedModel
from cloud.forecast.models.candidate_forecasts import (
    CandidateForecasts,
    forecast_candidates,
    select_site_rows,
)
from cloud.forecast.models.model import model_version
from cloud.forecast.network import Network
from cloud.forecast.series import Flags, Floats
from cloud.forecast.signals import Signals
from cloud.forecast.store import StoredWeek
from cloud.forecast.weekly import columns_like

LEAST_WEEKS: Final = 1.8
"""Two weeks, of which a tenth may have been missed."""
WIDEST: Final = 3.0

ModelScores = Mapping[str, Mapping[str, model_selection.ModelScore]]


@dataclass(frozen=True, slots=True)
class WeekForecasts:
    """The forecasts of places, and what each model says of them (model -> place -> week)."""

    weeks: list[StoredWeek]
    candidate_weeks: dict[str, dict[str, Floats]]


def has_enough_weeks(place: SiteObservations) -> bool:
    """Whether a place has weeks enough to be forecast from its own hours."""
    return place.weeks >= LEAST_WEEKS


def compute_age_widening(weeks: float) -> float:
    """By how much an interval is wider that many weeks away from the observations."""
    return min(WIDEST, math.sqrt(1 + max(0.0, weeks)))


def build_week_forecasts(
    network: Network,
    places: Sequence[SiteObservations],
    trained: TrainedModel | None,
    signals: Mapping[str, Signals],
    standings: ModelScores,
    *,
    now: datetime,
) -> WeekForecasts:
    """Forecast places that have weeks enough, all on one local day."""
    if not places:
        return WeekForecasts([], {})
    said = forecast_candidates(network, places, trained, signals)
    weeks = [
        _week(network, place, said, at, standings.get(place.site.id, {}), now=now)
        for at, place in enumerate(places)
    ]
    return WeekForecasts(weeks, dict(_rivals(places, said)))


def _rivals(
    places: Sequence[SiteObservations], said: CandidateForecasts
) -> Iterator[tuple[str, dict[str, Floats]]]:
    for name in said.said:
        yield (
            model_version(name),
            {
                place.site.id: said.of_place(name, at)
                for at, place in enumerate(places)
                if name in said.names(at)
            },
        )


def _week(
    network: Network,
    place: SiteObservations,
    said: CandidateForecasts,
    at: int,
    standing: Mapping[str, model_selection.ModelScore],
    *,
    now: datetime,
) -> StoredWeek:
    names = said.names(at)
    tried = {
        name: standing[model_version(name)] for name in names if model_version(name) in standing
    }
    name = model_selection.choose_model(tried, names[0])
    wider = tried[name].widening if name in tried else 1.0
    wider *= compute_age_widening(place.age_weeks) * (1 + place.estimated)
    like = columns_like(network.today, network.holidays)
    assumed = venue_profiles.build_venue_week(
        venue_profiles.find_venue(place.site.venue), network.today
    )
    coming, of_coming = _whole(
        place,
        said.of_place(name, at),
        wider,
        select_site_rows(said.plain.coming_observed, at),
        assumed[:, like],
    )
    usual, of_usual = _whole(
        place,
        select_site_rows(said.plain.usual, at),
        wider,
        select_site_rows(said.plain.usual_observed, at),
        assumed,
    )
    assert place.newest_at is not None  # it has weeks enough
    return StoredWeek(
        location=place.site.id,
        first_on=network.today,
        model=model_version(name),
        made_at=now,
        cutoff_at=min(now, place.newest_at),
        week=coming,
        usual=usual,
        basis=WeekBasis(
            describe_basis(network, place),
            round(place.weeks, 1),
            place.age_weeks,
            of_coming,
            of_usual,
        ),
        zone=place.site.timezone,
    )


def _whole(
    place: SiteObservations, week: Floats, wider: float, observed: Flags, assumed: Floats
) -> tuple[Floats, Sources]:
    """A week with all its hours, each interval as wide as its sources ask for."""
    known = apply_sanity_bounds(widen(week, wider), place.series)
    whole, sources = unobserved_hours.fill_unobserved_hours(known, observed[0], assumed)
    return np.sort(np.maximum(whole, 0), axis=1), sources


def describe_basis(network: Network, place: SiteObservations) -> str:
    """What the forecast of a place is based on, in words."""
    until = network.today - timedelta(days=1)
    if place.newest_at is not None:
        until = min(
            until, (place.newest_at - timedelta(hours=1)).astimezone(place.site.zone).date()
        )
    said = [
        f"{place.weeks:.1f} weeks of hours measured here from {place.learnt_from} to {until}",
        *_age(network, place),
        *place.notes,
    ]
    return "; ".join(said)


def _age(network: Network, place: SiteObservations) -> Iterator[str]:
    if place.age_weeks and place.newest_at is not None:
        newest = place.newest_at.astimezone(place.site.zone)
        days = (local_midnight(network.today, place.site) - newest).days
        yield (
            f"nothing observed since {newest:%Y-%m-%d %H:%M}, {days} days ago: the interval is "
            f"{compute_age_widening(place.age_weeks):.1f} times as wide"
        )
