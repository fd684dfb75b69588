"""The nightly training: fit the model in use, store the estimates, choose again when it is due.

The choice is a week old, the model or its version is no longer in the registry, or the demand has
drifted: then all models are compared again. Every night fits the chosen one on all weeks.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy import Engine

from cloud.database import reading, writing
from cloud.forecast.retail.demand_estimation import FittedModels, estimate_demand
from cloud.forecast.retail.demand_versions import (
    DemandVersion,
    VersionStatus,
    read_active_version,
    write_version,
)
from cloud.forecast.retail.drift import DriftReport, measure_drift
from cloud.forecast.retail.estimates import (
    DemandEstimate,
    delete_estimates_before,
    write_estimates,
)
from cloud.forecast.retail.model_choice import (
    ModelChoice,
    Progress,
    TooFewWeeksError,
    choose_model,
    split_weeks,
)
from cloud.forecast.retail.models.registry import (
    DEFAULT_DEMAND,
    DEMAND_MODELS,
    describe_version,
)
from cloud.forecast.retail.models.shrunk import Shrunk, ShrunkSettings
from cloud.forecast.retail.panel import SalesPanel, SeriesCounts, count_weeks, find_monday

log = logging.getLogger(__name__)
CHOICE_AGE: Final = timedelta(days=7)


class NoSalesError(ValueError):
    """No week of sales to train on."""


@dataclass(frozen=True, slots=True)
class TrainedDemand:
    """What a training stored, and the weeks that it used and left out."""

    version: DemandVersion
    estimates: list[DemandEstimate]
    counts: SeriesCounts
    is_new_choice: bool


def train_demand(
    engine: Engine,
    panel: SalesPanel,
    *,
    now: datetime,
    settings: ShrunkSettings | None = None,
    choose: bool = False,
    progress: Progress = lambda name, done, total: None,
) -> TrainedDemand:
    """Fit, estimate and store; `choose` compares the models in any case.

    `settings` replace those of the version in use, and with them the choice.

    Raises:
        NoSalesError: the panel has no usable week.
    """
    counts = count_weeks(panel)
    if not counts.used:
        raise NoSalesError(
            "no whole week with sales: load price points, build the marts with "
            "`python -m cloud nightly`, and train again"
        )
    with reading(engine) as connection:
        active = read_active_version(connection)
    drift = _measure(active, panel)
    is_due = choose or settings is not None or _is_due(active, drift, now)
    used = settings or (ShrunkSettings(**active.settings) if active else ShrunkSettings())
    chosen = None if is_due else active
    if chosen is None:
        chosen = _choose(panel, used, now, progress)
    version = _describe_fit(chosen, panel, now, drift)
    estimates = _estimate(panel, version, used, now.date())
    with writing(engine) as connection:
        write_version(connection, version)
        write_estimates(connection, estimates)
        delete_estimates_before(connection, now.date())
    log.info("retail.trained", extra={"version": version.version, "estimates": len(estimates)})
    return TrainedDemand(version, estimates, counts, chosen is not active)


def _measure(active: DemandVersion | None, panel: SalesPanel) -> DriftReport | None:
    """The drift since the version was chosen; None without a backtest of it."""
    if active is None or "test" not in active.scores or active.model not in DEMAND_MODELS:
        return None
    model = DEMAND_MODELS[active.model].build(ShrunkSettings(**active.settings))
    return measure_drift(model, panel, active.scores["test"]["wmape"] or math.nan)


def _is_due(active: DemandVersion | None, drift: DriftReport | None, now: datetime) -> bool:
    if active is None or active.model not in DEMAND_MODELS:
        return True
    if not active.version.startswith(f"{describe_version(active.model)}@"):
        return True
    return now - active.chosen_at >= CHOICE_AGE or (drift is not None and drift.is_drifted)


def _choose(
    panel: SalesPanel, settings: ShrunkSettings, now: datetime, progress: Progress
) -> DemandVersion:
    """A new version: the best of the backtest, or the default where the weeks are too few."""
    try:
        split_weeks(panel)
    except TooFewWeeksError as error:
        log.info("retail.no_backtest", extra={"reason": str(error)})
        name, scores = DEFAULT_DEMAND, {}
    else:
        choice = choose_model(panel, settings=settings, progress=progress)
        name, scores = choice.chosen, describe_scores(choice)
    return DemandVersion(
        version=f"{describe_version(name)}@{now.date()}",
        model=name,
        status=VersionStatus.ACTIVE,
        chosen_at=now,
        trained_at=now,
        first_on=now.date(),
        last_on=now.date(),
        series=0,
        weeks=0,
        settings=asdict(settings),
        scores=scores,
        drift={},
    )


def describe_scores(choice: ModelChoice) -> dict[str, Any]:
    """The scores of the test and of each model; null where one is not a number."""
    return {
        "test": _describe(asdict(choice.test)),
        "models": {name: _describe(asdict(one)) for name, one in choice.scores.items()},
    }


def _describe(scores: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(one) else round(one, 4) for name, one in scores.items()}


def _describe_fit(
    version: DemandVersion, panel: SalesPanel, now: datetime, drift: DriftReport | None
) -> DemandVersion:
    usable = panel.select_usable()
    return replace(
        version,
        trained_at=now,
        first_on=find_monday(int(usable.week.min())),
        last_on=find_monday(int(usable.week.max())),
        series=len(np.unique(usable.series)),
        weeks=len(usable),
        drift={} if drift is None else drift.to_dict(),
    )


def _estimate(
    panel: SalesPanel, version: DemandVersion, settings: ShrunkSettings, as_of: date
) -> list[DemandEstimate]:
    slopes = Shrunk(settings).fit(panel)
    chosen = DEMAND_MODELS[version.model].build(settings)
    units = slopes if version.model == DEFAULT_DEMAND else chosen.fit(panel)
    return estimate_demand(panel, FittedModels(slopes, units, version.version), as_of)
