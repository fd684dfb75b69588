"""Demand models of shops: accuracy on public data, coverage on simulated shops, processor time.

`python tests/benchmarks/retail_demand.py`. The public data are read from ../shared/data/pricing
where they are; weeks 141 to 160 of the orange juice were used for no choice. On simulated shops the
true elasticity of each product in each store is known.
"""

import sys
import time
from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest

from cloud.forecast.retail.demand_estimation import FittedModels, estimate_demand
from cloud.forecast.retail.estimates import EVIDENCE, EstimateArrays
from cloud.forecast.retail.model_choice import choose_model, score_folds, score_weeks, split_weeks
from cloud.forecast.retail.models.registry import DEMAND_MODELS
from cloud.forecast.retail.models.shrunk import Shrunk, ShrunkSettings
from cloud.forecast.retail.specifications import Specification, fit_specifications
from tests.cloud.forecast.retail.pricing_data import LAST_TUNED_WEEK, read_orange_juice
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks

HOLD_OUT = (LAST_TUNED_WEEK + 1, LAST_TUNED_WEEK + 21)
CHAINS = ((12, 80, 6), (12, 52, 6), (12, 30, 6), (4, 104, 6))
"""Stores, weeks and number of simulated chains."""


def main() -> int:
    try:
        panel = read_orange_juice()
    except pytest.skip.Exception as error:
        print(f"orange juice: {error}")
    else:
        measure_models(panel)
        measure_specifications(panel)
    for stores, weeks, chains in CHAINS:
        measure_coverage(stores, weeks, chains)
    return 0


def measure_models(panel) -> None:
    known = panel.until(HOLD_OUT[0])
    split = split_weeks(known)
    print("model          weeks that choose: WMAPE RMSE log | hold-out: WMAPE RMSE log bias  CPU s")
    for name, entry in DEMAND_MODELS.items():
        began = time.process_time()
        model = entry.build(ShrunkSettings())
        folds = score_folds(model, known, split)
        held = score_weeks(model, panel, *HOLD_OUT)
        took = time.process_time() - began
        print(f"{name:14} {folds.wmape:.3f} {folds.rmse_log:.3f} | {held.wmape:.3f} "
              f"{held.rmse_log:.3f} {held.bias:+.3f}  {took:.1f}")  # fmt: skip
    print(f"chosen before the hold-out: {choose_model(known).chosen}")


def measure_specifications(panel) -> None:
    began = time.process_time()
    fits = fit_specifications(panel)
    took = time.process_time() - began
    print(f"specifications of 106,139 rows: {took:.2f} CPU s")
    for product in range(len(panel.products)):
        found = {one.specification: one for one in fits if one.product == product}
        cells = (f"{one}: {found[one].elasticity:.2f} ({found[one].standard_error:.2f})"
                 for one in Specification if one in found)  # fmt: skip
        print(f"  brand {product + 1}: {', '.join(cells)}")


def measure_coverage(stores: int, weeks: int, chains: int) -> None:
    results = list(_cover(stores, weeks, chains))
    covered, width, error, took = (np.concatenate([one[at] for one in results]) for at in range(4))
    evidence = sum(one[4] for one in results)
    named = ", ".join(f"{name} {count}" for name, count in zip(EVIDENCE, evidence, strict=True))
    print(f"{stores} stores, {weeks} weeks, {chains} chains of 8 products: covered "
          f"{covered.mean():.1%}, median width {np.median(width):.2f}, mean error "
          f"{error.mean():.2f}, {took.mean():.2f} CPU s a chain; {named}")  # fmt: skip


def _cover(stores: int, weeks: int, chains: int) -> Iterator[tuple[np.ndarray, ...]]:
    for seed in range(100, 100 + chains):
        shops = simulate_weeks(seed, stores=stores, weeks=weeks)
        began = time.process_time()
        fitted = Shrunk().fit(shops.panel)
        models = FittedModels(fitted, fitted, "shrunk")
        found = EstimateArrays.from_estimates(
            estimate_demand(shops.panel, models, date(2026, 1, 1))
        )
        took = time.process_time() - began
        rows = [shops.panel.products.index(one) for one in found.product]
        truth = shops.elasticities[rows, [shops.panel.stores.index(one) for one in found.store]]
        low, high = found.elasticity_low, found.elasticity_high
        yield ((low <= truth) & (truth <= high), high - low, np.abs(found.elasticity - truth),
               np.array([took]), np.bincount(found.evidence, minlength=len(EVIDENCE)))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
