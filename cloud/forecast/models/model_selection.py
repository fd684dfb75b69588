"""Select a model for each site by the scores of its past forecasts there.

The week of every candidate, with its own interval, is stored until it is over and then reduced to
two figures. Over sixteen weeks these figures select the model of a site and the width of its
interval. Nights overlap by six days, so seven of them count as one.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Float,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)

from cloud import database
from cloud.database import mean
from cloud.forecast.history.hours import Measures
from cloud.forecast.history.time_zones import Zones
from cloud.forecast.scores import compute_scores
from cloud.forecast.series import WEEK_H, ClockSeries, Floats

NO_ZONES: Final[Zones] = MappingProxyType({})
SHAPE: Final = (len(Measures._fields), 3, WEEK_H)
WINDOW: Final = timedelta(weeks=16)
LEAST_NIGHTS: Final = 14
BETTER_BY: Final = 0.03
"""A site changes from its usual model to one with a loss smaller by this share."""
WANTED: Final = 0.8
LEAN_NIGHTS: Final = 8 * 7
PER_SHARE: Final = 2.2
"""Logarithm of width by share of hours held, of a normal distribution near 80 %."""
WIDEST: Final = 1.4

candidate_weeks = Table(
    "forecast_candidate_weeks",
    database.metadata,
    Column("location", String(63), primary_key=True),
    Column("first_on", Date, primary_key=True),
    Column("model", String(40), primary_key=True),
    Column("body", LargeBinary, nullable=False),  # float32 (measures, quantiles, hours), deflated
    Column("zone", String(64)),  # of the local day; null: stored before zones were
)

model_scores = Table(
    "forecast_model_scores",
    database.metadata,
    Column("location", String(63), primary_key=True),
    Column("first_on", Date, primary_key=True),
    Column("model", String(40), primary_key=True),
    Column("loss", Float, nullable=False),  # WQL, the mean over the measures
    Column("coverage", Float, nullable=False),  # share of hours in the band, likewise
    Column("zone", String(64)),
)


@dataclass(frozen=True, slots=True)
class ModelScore:
    """The recent score of a model at a site."""

    nights: int
    loss: float
    coverage: float

    def with_more(self, other: "ModelScore") -> "ModelScore":
        """Both together, weighted by nights."""
        nights = self.nights + other.nights
        mean = [
            (self.nights * mine + other.nights * theirs) / nights
            for mine, theirs in ((self.loss, other.loss), (self.coverage, other.coverage))
        ]
        return ModelScore(nights, *mean)

    @property
    def widening(self) -> float:
        """By how much its interval there must be wider, from its coverage."""
        trust = self.nights / (self.nights + LEAN_NIGHTS)
        wider = np.exp(PER_SHARE * (WANTED - self.coverage) * trust)
        return float(np.clip(wider, 1 / WIDEST, WIDEST))


def store_candidates(
    connection: Connection,
    first_on: date,
    weeks: Mapping[str, Mapping[str, Floats]],
    zones: Zones = NO_ZONES,
) -> None:
    """Store the weeks of the candidates: candidate → site → (measures, 3, 168)."""
    rows = [
        {
            "location": location,
            "first_on": first_on,
            "model": model,
            "body": zlib.compress(week.astype("<f4").tobytes(), 1),
            "zone": zones.get(location),
        }
        for model, places in weeks.items()
        for location, week in places.items()
    ]
    if rows:
        connection.execute(insert(candidate_weeks), rows)


def score_candidates(
    connection: Connection,
    histories: Mapping[str, ClockSeries],
    before: date,
    zones: Zones = NO_ZONES,
) -> list[dict[str, Any]]:
    """Score the stored candidates of sites for weeks that began before `before`.

    Candidates of another time zone are not scored.
    """
    stored = candidate_weeks.c
    is_over = stored.location.in_(list(histories)) & (stored.first_on < before)
    return [
        {
            "location": row.location,
            "first_on": row.first_on,
            "model": row.model,
            "zone": row.zone,
            **figures,
        }
        for row in connection.execute(select(candidate_weeks).where(is_over))
        if row.zone in (None, zones.get(row.location))
        if (figures := _figures(row.body, histories[row.location], row.first_on))
    ]


def store_model_scores(
    connection: Connection, locations: Sequence[str], before: date, found: list[dict[str, Any]]
) -> None:
    """Store the scores and delete the scored candidates."""
    stored = candidate_weeks.c
    connection.execute(
        delete(candidate_weeks).where(stored.location.in_(locations), stored.first_on < before)
    )
    if found:
        connection.execute(insert(model_scores), found)


def _figures(body: bytes, history: ClockSeries, first_on: date) -> dict[str, float]:
    try:
        week = np.frombuffer(zlib.decompress(body), dtype="<f4").astype(np.float64).reshape(SHAPE)
    except (zlib.error, ValueError):
        return {}
    start = (first_on - history.first_on).days * 24
    truth = history.values[:, start : start + WEEK_H] if start >= 0 else np.empty((0, 0))
    if truth.shape != (SHAPE[0], WEEK_H):
        return {}
    score = compute_scores(truth, week, np.ones(SHAPE[0]))
    counted = score.truth > 0
    if not counted.any():
        return {}
    return {
        "loss": float(score.wql[counted].mean()),
        "coverage": float(score.coverage[counted].mean()),
    }


def read_model_scores(
    connection: Connection, locations: Iterable[str], today: date, zones: Zones = NO_ZONES
) -> dict[str, dict[str, ModelScore]]:
    """The recent scores of the candidates in each site's present time zone.

    Site → candidate → score.
    """
    trials = model_scores.c
    rows = connection.execute(
        select(
            trials.location, trials.model, trials.zone,
            func.count(), mean(trials.loss), mean(trials.coverage),
        )
        .where(trials.location.in_(list(locations)), trials.first_on >= today - WINDOW)
        .group_by(trials.location, trials.model, trials.zone)
    )  # fmt: skip
    found: dict[str, dict[str, ModelScore]] = {}
    for location, model, zone, *figures in rows:
        if zone in (None, zones.get(location)):
            one = ModelScore(*figures)
            known = found.setdefault(location, {}).get(model)
            found[location][model] = one if known is None else known.with_more(one)
    return found


def choose_model(scores: Mapping[str, ModelScore], usual: str) -> str:
    """The model of a site: the usual one, until another has clearly smaller errors."""
    tried = {name: one for name, one in scores.items() if one.nights >= LEAST_NIGHTS}
    if usual not in tried:
        return usual
    best = min(tried, key=lambda name: tried[name].loss)
    return best if tried[best].loss < (1 - BETTER_BY) * tried[usual].loss else usual
