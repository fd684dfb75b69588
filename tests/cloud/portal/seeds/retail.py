"""Retail prices: a simulated chain of 24 shops with two products, its queue, and an experiment.

The points come from the simulator through the ingest, with some that it refuses. An experiment of
three weeks has lost margin; one price is set by hand; one recommendation was rejected. The last
store has sent nothing for two weeks.
"""

import csv
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, update

from cloud import database
from cloud.app.retail.proposing import propose_recommended
from cloud.app.retail.rules_in_force import RuleSetReader
from cloud.database.retail import retail_price_points
from cloud.forecast.retail.estimates import DemandEstimate, Evidence, write_estimates
from cloud.ingest.retail.commit import IngestContext
from cloud.ingest.retail.csv_import import CsvFile, import_file
from cloud.ingest.retail.master_data import read_master_data
from cloud.ingest.retail.master_data_files import PRODUCTS, STORES, load_master_file
from cloud.ingest.retail.rules import IngestRules
from cloud.sales.retail.active_rules import read_reference_rules
from cloud.sales.retail.cluster_assignment import ExperimentArm
from cloud.sales.retail.decisions import PriceDecision, decide
from cloud.sales.retail.experiment_steps import NewExperiment, start_experiment
from cloud.sales.retail.experiments import PriceExperiment
from cloud.sales.retail.hard_rules import HardRuleCheck, nearest_on_ladder
from cloud.sales.retail.manual_prices import NewOverride, set_override
from cloud.sales.retail.observations import read_newest
from cloud.sales.retail.price_steps import new_id
from cloud.sales.retail.prices import read_in_force
from cloud.sales.retail.recommendation_store import RecommendationState
from simulators.shops.chain import Chain, draw_chain
from simulators.shops.files import write_master_data, write_points
from simulators.shops.options import ChainOptions

DAY = timedelta(days=1)
STORES_OF_CHAIN, DAYS = 24, 50
TESTED_DAYS = 21
PAT = "Pat Rowan (user 7)"
BAD_ROWS = {"price": "0.00", "currency": "XYZ", "units": "-3", "discount_percent": "5000"}
"""Values that the ingest refuses, by column."""


def seed(engine: Engine, now: datetime) -> dict[str, str]:
    """Store what the pages of retail prices show."""
    today = now.date()
    chain = draw_chain(ChainOptions(STORES_OF_CHAIN, 2, DAYS, today - DAYS * DAY, seed=3))
    _load(engine, chain, now)
    tested, other = chain.products.names
    with database.writing(engine) as connection:
        write_estimates(connection, _estimates(chain, today))
        _silence_last_store(connection, chain, now)
        experiment = _run_experiment(connection, tested, now)
        _decide_some(connection, other, now)
    return {"/retail/experiments/$experiment": f"/retail/experiments/{experiment.id}"}


def _load(engine: Engine, chain: Chain, now: datetime) -> None:
    """Write the files of the simulator, with some bad rows, and load them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_master_data(chain, folder)
        file = folder / "points.csv"
        write_points(chain, file)
        _spoil(file)
        rules = IngestRules()
        with database.writing(engine) as connection:
            load_master_file(connection, STORES, folder / "stores.csv")
            load_master_file(connection, PRODUCTS, folder / "products.csv")
            known = read_master_data(connection, rules)
        context = IngestContext(known, rules)
        import_file(engine, CsvFile(file, "till export"), context, clock=lambda: now)


def _spoil(file: Path) -> None:
    """Add a copy of a row with each of the values that the ingest refuses."""
    with file.open(newline="") as source:
        rows = list(csv.DictReader(source))
    bad = [
        {**row, column: value, "event_id": f"{row['event_id']}-again"}
        for row, (column, value) in zip(rows[-len(BAD_ROWS) :], BAD_ROWS.items(), strict=True)
    ]
    with file.open("w", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows([*rows, *bad])


def _estimates(chain: Chain, on: date) -> Iterator[DemandEstimate]:
    """Estimates near the true elasticities; one store has too little evidence."""
    for product, name in enumerate(chain.products.names):
        price = int(chain.products.reference_minor[product])
        for number, store in enumerate(chain.stores.names):
            slope = -2.1 - 0.6 * product - (number % 5) / 10
            is_weak = number == len(chain.stores.names) - 2
            yield DemandEstimate(
                product=name, store=store, elasticity=slope, elasticity_low=slope - 0.45,
                elasticity_high=slope + (1.4 if is_weak else 0.4), standard_error=0.12,
                baseline_units=60.0 + 4 * number, baseline_price_minor=price, units_sd_log=0.3,
                stockpiling_share=0.18,
                evidence=Evidence.WEAK if is_weak else Evidence.SUFFICIENT,
                model_version="shrunk-1", as_of=on,
            )  # fmt: skip


def _silence_last_store(connection: Connection, chain: Chain, now: datetime) -> None:
    cells = retail_price_points.c
    last = cells.store == chain.stores.names[-1]
    connection.execute(delete(retail_price_points).where(last, cells.observed_at > now - 15 * DAY))


def _run_experiment(connection: Connection, product: str, now: datetime) -> PriceExperiment:
    """Three weeks at a price that is 8 % lower, which brought few units more."""
    at = (now - TESTED_DAYS * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    new = NewExperiment(
        name="8 % less for four weeks", products=(product,), change_bp=-800, starts_at=at,
        ends_at=at + 28 * DAY, seed=11,
    )  # fmt: skip
    check, nearest = HardRuleCheck(at), nearest_on_ladder(read_reference_rules())
    experiment = start_experiment(connection, new, check, nearest, by=PAT, now=at)
    _sell_at_tested_prices(connection, experiment, product, at)
    return experiment


def _sell_at_tested_prices(
    connection: Connection, experiment: PriceExperiment, product: str, at: datetime
) -> None:
    cells = retail_price_points.c
    for key, price in read_in_force(connection, None, at).items():
        if experiment.arm_of(key.store) is not ExperimentArm.TREATED:
            continue
        tested = price.price_minor
        values = {
            "price_minor": tested, "list_price_minor": tested, "base_price_minor": tested,
            "discount_bp": 0, "promotion": None, "revenue_minor": cells.units * tested,
            "base_revenue_minor": cells.units * tested,
        }  # fmt: skip
        mine = (cells.store == key.store) & (cells.product == product) & (cells.observed_at > at)
        connection.execute(update(retail_price_points).where(mine).values(values))


def _decide_some(connection: Connection, product: str, now: datetime) -> None:
    """Queue what is recommended: two are accepted, one is rejected; one price is set by hand."""
    check = HardRuleCheck(now)
    keys = sorted(read_newest(connection, now, [product]))
    earlier = now - 3 * timedelta(hours=1)
    ample = {"inventory": 480}
    connection.execute(update(retail_price_points).values(ample))
    queued = propose_recommended(
        connection, RuleSetReader(), keys, by="nightly", now=earlier
    ).recommendations
    accept = PriceDecision(state=RecommendationState.ACCEPTED)
    reject = PriceDecision(state=RecommendationState.REJECTED, reason="promotion next week")
    for one, decision in zip(queued, (accept, accept, reject), strict=False):
        decide(connection, one.id, decision, check, by=PAT, now=earlier, batch=new_id())
    key = keys[-1]
    found = read_newest(connection, now, [product])[key]
    new = NewOverride(
        key=key, price_minor=found.list_price_minor, currency=found.currency,
        reason="shelf label was printed", ends_at=now + 5 * DAY,
    )  # fmt: skip
    set_override(connection, new, check, by=PAT, now=now)
