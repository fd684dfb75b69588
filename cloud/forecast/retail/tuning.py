"""Settings of the default model that predict best in the weeks that choose."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from cloud.forecast.retail.demand_scores import DemandScores
from cloud.forecast.retail.model_choice import Progress, score_folds, split_weeks
from cloud.forecast.retail.models.shrunk import Shrunk, ShrunkSettings
from cloud.forecast.retail.panel import SalesPanel

GRID: Final[dict[str, tuple[float, ...]]] = {
    "cross_sd": (0.0, 0.2, 0.4, 0.8),
    "season_sd": (0.0, 0.05, 0.1, 0.2),
    "level_weeks": (4, 13, 26),
    "level_prior_weeks": (2, 8, 20),
}
"""One setting after another, each with the best of those before: 14 fits in place of 144."""


@dataclass(frozen=True, slots=True)
class TunedSettings:
    """The best settings and their scores; `tried` counts the settings that were compared."""

    settings: ShrunkSettings
    scores: DemandScores
    tried: int


def tune_settings(
    panel: SalesPanel, progress: Progress = lambda name, done, total: None
) -> TunedSettings:
    """Settings with the smallest WMAPE in the weeks that choose; the test weeks are not read."""
    split = split_weeks(panel)
    known = panel.until(split.test)
    best = ShrunkSettings()
    scores = score_folds(Shrunk(best), known, split)
    total = sum(len(values) for values in GRID.values())
    tried = 1
    for name, values in GRID.items():
        for candidate in _vary(best, name, values):
            found = score_folds(Shrunk(candidate), known, split)
            tried += 1
            progress(name, tried, total)
            if found.wmape < scores.wmape:
                best, scores = candidate, found
    return TunedSettings(best, scores, tried)


def _vary(
    settings: ShrunkSettings, name: str, values: tuple[float, ...]
) -> Iterator[ShrunkSettings]:
    used = getattr(settings, name)
    for value in values:
        if value != used:
            changed: dict[str, Any] = {name: value}
            yield replace(settings, **changed)
