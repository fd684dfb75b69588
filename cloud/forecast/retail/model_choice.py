"""Choose a demand model by a rolling backtest: 70 % of the weeks train, 15 % choose, 15 % test.

Models are compared on the weeks that choose: in several folds, each fitted on all weeks before it,
so that none sees later ones. The chosen model is scored once on the weeks of the test, after which
nothing is chosen. The default model is kept unless another is clearly better.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from cloud.forecast.retail.demand_scores import DemandScores, ScoredWeeks, compute_demand_scores
from cloud.forecast.retail.models.demand_model import DemandModel
from cloud.forecast.retail.models.registry import DEFAULT_DEMAND, DEMAND_MODELS
from cloud.forecast.retail.models.shrunk import ShrunkSettings
from cloud.forecast.retail.panel import SalesPanel, mark_usable

TRAIN_SHARE: Final = 0.70
CHOOSE_SHARE: Final = 0.15
FOLDS: Final = 3
LEAST_WEEKS: Final = 20
CLEARLY_BETTER: Final = 0.98
"""A model replaces the default one when its WMAPE is at most this part of it."""

Progress = Callable[[str, int, int], None]


class TooFewWeeksError(ValueError):
    """A history that is too short for a backtest."""


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """The first weeks that choose and that test, and the week after the last one."""

    choose: int
    test: int
    end: int


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The scores of each model on the weeks that choose, and of the chosen one on the test."""

    chosen: str
    scores: dict[str, DemandScores]
    test: DemandScores
    split: TimeSplit


def split_weeks(panel: SalesPanel) -> TimeSplit:
    """The split in time of the weeks that have rows.

    Raises:
        TooFewWeeksError: fewer than 20 weeks.
    """
    weeks = np.unique(panel.week)
    if len(weeks) < LEAST_WEEKS:
        raise TooFewWeeksError(
            f"{len(weeks)} weeks, {LEAST_WEEKS} are needed to compare models: wait for more weeks, "
            "or load earlier ones"
        )
    choose = weeks[int(len(weeks) * TRAIN_SHARE)]
    test = weeks[int(len(weeks) * (TRAIN_SHARE + CHOOSE_SHARE))]
    return TimeSplit(int(choose), int(test), int(weeks[-1]) + 1)


def choose_model(
    panel: SalesPanel,
    names: Sequence[str] | None = None,
    settings: ShrunkSettings | None = None,
    progress: Progress = lambda name, done, total: None,
) -> ModelChoice:
    """Compare models of the registry, all of them unless named, and choose a candidate.

    A model whose library is not installed is left out.
    """
    split = split_weeks(panel)
    wanted = list(DEMAND_MODELS if names is None else names)
    tuned = settings or ShrunkSettings()
    scores = {}
    for at, name in enumerate(wanted):
        with suppress(ModuleNotFoundError):  # a library that is not installed
            scores[name] = score_folds(DEMAND_MODELS[name].build(tuned), panel, split)
        progress(name, at + 1, len(wanted))
    chosen = _select(scores)
    test = score_weeks(DEMAND_MODELS[chosen].build(tuned), panel, split.test, split.end)
    return ModelChoice(chosen, scores, test, split)


def score_weeks(model: DemandModel, panel: SalesPanel, first: int, end: int) -> DemandScores:
    """The scores of a half-open interval of weeks, predicted from all weeks before it."""
    return compute_demand_scores([_predict(model, panel, first, end)])


def score_folds(model: DemandModel, panel: SalesPanel, split: TimeSplit) -> DemandScores:
    """The scores of the weeks that choose, in folds that are fitted on all weeks before each."""
    bounds = [int(one) for one in np.linspace(split.choose, split.test, FOLDS + 1)]
    return compute_demand_scores([_predict(model, panel, *pair) for pair in pairwise(bounds)])


def _predict(model: DemandModel, panel: SalesPanel, first: int, end: int) -> ScoredWeeks:
    """Predictions of the usable rows: the prices of all rows are known, the units of none."""
    ahead = panel.between(first, end)
    priced = ahead.select(ahead.price_minor > 0)
    found = model.fit(panel.until(first)).predict_log_units(priced)
    usable = mark_usable(priced)
    return ScoredWeeks(priced.units[usable], priced.price_minor[usable], found[usable])


def _select(scores: dict[str, DemandScores]) -> str:
    """The candidate with the smallest WMAPE, if it is clearly better than the default model."""
    candidates = {name: one for name, one in scores.items() if DEMAND_MODELS[name].is_candidate}
    best = min(candidates, key=lambda name: candidates[name].wmape)
    usual = candidates.get(DEFAULT_DEMAND)
    if usual is None or candidates[best].wmape <= CLEARLY_BETTER * usual.wmape:
        return best
    return DEFAULT_DEMAND
