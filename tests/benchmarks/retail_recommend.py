"""Recommended retail prices: CPU of 1,000 with reasons, HTTP latency, gain against the oracle.

Run it alone on the machine: `python tests/benchmarks/retail_recommend.py`. The gain is that of
simulated chains whose demand is known: (margin at the recommended prices - margin at the current
ones) / (margin at the oracle's prices - margin at the current ones). The oracle uses the same rules
with the true elasticities. Margins are those of an average week without promotion, computed with
the true demand; other products keep their current prices, or all prices change at once.
"""

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud import database
from cloud.forecast.retail.demand_estimation import FittedModels, estimate_demand
from cloud.forecast.retail.estimates import (
    DemandEstimate,
    EstimateArrays,
    Evidence,
    write_estimates,
)
from cloud.forecast.retail.models.shrunk import Shrunk, ShrunkSettings
from cloud.pricing.retail.recommendation import Recommendations, recommend
from cloud.pricing.retail.row_view import list_rows
from cloud.pricing.retail.states import PriceStateRow, PriceStates
from cloud.sales.retail.active_rules import read_reference_rules
from simulators.shops.competitors import MISSING_RATIO
from simulators.shops.products import CATEGORIES
from simulators.shops.responses import WEEKDAYS
from simulators.shops.stores import CITIES
from tests.benchmarks.price_api import ask, paced
from tests.cloud.app.retail.shop_rows import add_point, add_product
from tests.cloud.forecast.retail.shop_weeks import MONDAY, ShopWeeks, simulate_weeks
from tests.served_api import serve_api

ROWS = 1_000
TURNS = 7
BOUND_CPU_MS, BOUND_P99_MS, BOUND_GAIN = 100, 20, 0.9
SEEDS = range(11, 19)
"""None of them was used to choose anything."""
PRODUCTS, STORES, WEEKS = 16, 20, 104


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15, help="of the paced requests")
    seconds = parser.parse_args().seconds
    cpu_ms = measure_cpu()
    print(f"1,000 recommendations with reasons: {cpu_ms:.1f} ms CPU (bound {BOUND_CPU_MS})")
    with tempfile.TemporaryDirectory() as folder:
        measure_http(f"sqlite:///{folder}/onlooker.db", seconds)
    gains = [measure_gain(seed) for seed in SEEDS]
    named = ("others keep their prices", "all change")
    for name, column in zip(named, zip(*gains, strict=True), strict=True):
        print(f"gain, {name}: mean {statistics.mean(column):.3f}, least {min(column):.3f} "
              f"(bound {BOUND_GAIN})")  # fmt: skip
    return 0


def measure_cpu() -> float:
    """The median of several turns: columns, recommendation, rows with sentences."""
    rng = np.random.default_rng(1)
    rows = [draw_row(rng, number) for number in range(ROWS)]
    estimates = [draw_estimate(rng, row) for row in rows]
    rules, took_ms = read_reference_rules(), []
    for _ in range(TURNS):
        started = time.process_time()
        states, arrays = PriceStates.from_rows(rows), EstimateArrays.from_estimates(estimates)
        list_rows(recommend(states, arrays, rules, MONDAY))
        took_ms.append((time.process_time() - started) * 1000)
    return statistics.median(took_ms)


def draw_row(rng: np.random.Generator, number: int) -> PriceStateRow:
    cost = int(rng.integers(80, 400))
    price = int(cost * rng.uniform(1.15, 2.2))
    return PriceStateRow(
        product=f"p-{number % 40}", store=f"s-{number // 40}", category="juice/orange",
        region="north", currency="GBP", price_minor=price, cost_minor=cost,
        list_price_minor=int(price * rng.uniform(1, 1.2)), stock=int(rng.integers(5, 500)),
        competitor_price_minor=int(price * rng.uniform(0.8, 1.2)),
    )  # fmt: skip


def draw_estimate(rng: np.random.Generator, row: PriceStateRow) -> DemandEstimate:
    elasticity = rng.uniform(-4, -1.2)
    return make_estimate(row, elasticity, rng.uniform(0.1, 0.6), 100.0, row.price_minor)


def make_estimate(
    row: PriceStateRow, elasticity: float, reach: float, units: float, price_minor: int
) -> DemandEstimate:
    return DemandEstimate(
        product=row.product, store=row.store, elasticity=elasticity,
        elasticity_low=elasticity - reach, elasticity_high=elasticity + reach,
        standard_error=reach / 2, baseline_units=units, baseline_price_minor=price_minor,
        units_sd_log=0.3, stockpiling_share=0.2, evidence=Evidence.SUFFICIENT,
        model_version="bench-1", as_of=MONDAY,
    )  # fmt: skip


def measure_http(url: str, seconds: float) -> None:
    """The program over SQLite, as `price_api.py` measures it; no answer is asked for twice."""
    engine = database.connect(url)
    database.create(engine)
    rng, now = np.random.default_rng(2), datetime.now(UTC)
    rows = [draw_row(rng, number) for number in range(ROWS)]
    with database.writing(engine) as connection:
        for number in range(40):
            add_product(connection, sku=f"p-{number}", product=f"p-{number}")
        for row in rows:
            add_row(connection, row, now)
        write_estimates(connection, [draw_estimate(rng, row) for row in rows])
    engine.dispose()
    names = iter([f"{row.product}/{row.store}" for row in rows])
    with serve_api(url) as (port, pid):
        ask(port, f"/api/retail/recommend/{next(names)}")
        print(f"one recommendation over HTTP (bound of P99: {BOUND_P99_MS} ms)")
        print(f"{'question':<28}{'how':<12}{'answers':>9}{'P50 ms':>9}{'P95 ms':>9}{'P99 ms':>9}"
              f"{'per s':>9}{'CPU us':>9}")  # fmt: skip
        paced("recommend", "/api/retail/recommend/{slot}", port, pid, seconds, names)


def add_row(connection: Any, row: PriceStateRow, now: datetime) -> None:
    """Two weeks of price points, one a day."""
    for age in range(14):
        add_point(
            connection, now - timedelta(days=age, minutes=5), product=row.product, store=row.store,
            price_minor=row.price_minor, cost_minor=row.cost_minor,
            list_price_minor=row.list_price_minor, inventory=row.stock,
            competitor_price_minor=row.competitor_price_minor,
        )  # fmt: skip


def measure_gain(seed: int) -> tuple[float, float]:
    """The gain on one chain: while others keep their prices, and when all change."""
    shops = simulate_weeks(seed, PRODUCTS, STORES, WEEKS)
    fitted = Shrunk(ShrunkSettings()).fit(shops.panel)
    last_on = MONDAY + timedelta(days=7 * WEEKS - 1)
    models = FittedModels(fitted, fitted, "shrunk-1")
    estimates = estimate_demand(shops.panel, models, last_on)
    rows = list_rows_of(shops)
    ours, oracle = (
        recommend(
            PriceStates.from_rows(rows), EstimateArrays.from_estimates(found),
            read_reference_rules(), last_on,
        )
        for found in (estimates, list_truth(shops, rows))
    )  # fmt: skip
    gains = [compute_gain(shops, rows, ours, oracle, is_joint) for is_joint in (False, True)]
    kept = sum(one.evidence is not Evidence.SUFFICIENT for one in estimates)
    print(f"seed {seed}: gain {gains[0]:.3f}, all change {gains[1]:.3f}; "
          f"{len(estimates)} estimates, {kept} of them weak or insufficient")  # fmt: skip
    return gains[0], gains[1]


def list_rows_of(shops: ShopWeeks) -> list[PriceStateRow]:
    """The last day at list prices, product by product."""
    chain = shops.chain
    zones, cities = chain.stores.zones, chain.stores.city
    rng = np.random.default_rng(3)
    return [
        PriceStateRow(
            product=product, store=store, currency="GBP",
            category=CATEGORIES[chain.products.category[row]][0], region=CITIES[cities[place]][0],
            price_minor=int(chain.paths.list_minor[-1, row, zones[place]]),
            list_price_minor=int(chain.paths.list_minor[-1, row, zones[place]]),
            cost_minor=int(chain.paths.cost_minor[-1, row]),
            competitor_price_minor=None if rng.random() < MISSING_RATIO
            else int(chain.competitor_minor[-1, row, cities[place]]),
        )
        for row, product in enumerate(chain.products.names)
        for place, store in enumerate(chain.stores.names)
    ]  # fmt: skip


def list_truth(shops: ShopWeeks, rows: list[PriceStateRow]) -> list[DemandEstimate]:
    """Estimates that are the truth."""
    responses, products = shops.chain.responses, shops.chain.products
    weekly = (responses.baseline * np.exp(WEEKDAYS).sum()).ravel()
    reference = np.repeat(products.reference_minor, STORES)
    return [
        make_estimate(row, float(elasticity), 0.0, float(units), int(price))
        for row, elasticity, units, price in zip(
            rows, responses.own.ravel(), weekly, reference, strict=True
        )
    ]


def compute_gain(
    shops: ShopWeeks,
    rows: list[PriceStateRow],
    ours: Recommendations,
    oracle: Recommendations,
    is_joint: bool,
) -> float:
    current = np.array([float(row.price_minor) for row in rows])
    before, found, most = (
        compute_margin(shops, rows, np.asarray(price, float), is_joint)
        for price in (current, ours.price_minor, oracle.price_minor)
    )
    return float((found - before) / (most - before))


def compute_margin(
    shops: ShopWeeks, rows: list[PriceStateRow], price: np.ndarray, is_joint: bool
) -> float:
    """The true margin of an average day; competitors keep their prices."""
    chain = shops.chain
    shape = chain.responses.own.shape
    reference = chain.products.reference_minor[:, None]
    current, cost = (
        np.array([getattr(row, name) for row in rows], float).reshape(shape)
        for name in ("price_minor", "cost_minor")
    )
    price = price.reshape(shape)
    rival = chain.competitor_minor[-1][:, chain.stores.city] / reference
    if is_joint:
        units = chain.responses.expected_units(price / reference, rival)
    else:
        units = chain.responses.expected_units(current / reference, rival)
        units *= (price / current) ** chain.responses.own
    return float(((price - cost) * units).sum())


if __name__ == "__main__":
    sys.exit(main())
