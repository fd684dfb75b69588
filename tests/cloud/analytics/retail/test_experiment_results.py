"""The result of an experiment: its effect, its harm, and whether its arms were kept apart."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Connection

from cloud.analytics.retail.cluster_comparison import ExperimentDecision
from cloud.analytics.retail.experiment_results import read_experiment_result
from cloud.sales.retail.cluster_assignment import ExperimentArm
from cloud.sales.retail.experiment_steps import start_experiment
from cloud.sales.retail.experiments import PriceExperiment
from cloud.sales.retail.manual_prices import NewOverride, set_override
from cloud.sales.retail.prices import PriceKey
from tests.cloud.memory_database import in_memory
from tests.cloud.retail_points import PRODUCT, insert_points, insert_stores, point_row
from tests.cloud.sales.retail.retail_rows import NOON, allow_all
from tests.cloud.sales.retail.test_experiment_steps import DAY, NEW, TABLES, whole

BEFORE, DURING = 28, 28


@pytest.fixture
def started() -> Iterator[tuple[Connection, PriceExperiment]]:
    """24 stores that have sold between 20 and 60 units a day, and an experiment that starts."""
    with in_memory(*TABLES) as connection:
        stores = insert_stores(connection, 24)
        insert_points(connection, list(sales(stores, range(-BEFORE, 0))))
        yield connection, start_experiment(connection, NEW, allow_all, whole, by="ann", now=NOON)


def sales(stores: list[str], days: range, factor: float = 1.0, price: int = 400) -> Iterator[dict]:
    random = np.random.default_rng(len(stores) + days.stop + price)
    for store in stores:
        usual = 20 + 40 * (hash_of(store) / 100)
        for day in days:
            units = int(random.poisson(usual * factor))
            yield point_row(store, NOON + day * DAY + timedelta(hours=9), units=units,
                            price_minor=price, list_price_minor=price)  # fmt: skip


def hash_of(store: str) -> int:
    return int(store[2:]) * 37 % 101


def sell(connection: Connection, experiment: PriceExperiment, factor: float, price: int) -> None:
    """The days of the experiment: treated stores sell at their price with a factor."""
    days = range(DURING)
    treated = experiment.stores_of(ExperimentArm.TREATED)
    control = experiment.stores_of(ExperimentArm.CONTROL)
    insert_points(connection, [*sales(control, days), *sales(treated, days, factor, price)])


def test_a_price_that_loses_margin_is_harmful_and_its_roll_back_is_proposed(started) -> None:
    connection, experiment = started
    sell(connection, experiment, 1.02, 380)  # 13 % less margin a unit, 2 % more units
    result = read_experiment_result(connection, experiment, NEW.ends_at)
    assert result.decision is ExperimentDecision.HARMFUL
    assert result.proposes_roll_back
    margin = result.measures["margin"]
    assert margin.change == pytest.approx(-0.12, abs=0.04)
    assert margin.low < margin.difference < margin.high < 0
    assert margin.fixed_high - margin.fixed_low < margin.high - margin.low
    assert result.clusters == {ExperimentArm.CONTROL: 6, ExperimentArm.TREATED: 6}
    assert (result.days, result.contamination.is_clean) == (27, True)


def test_a_price_that_earns_more_is_better(started) -> None:
    connection, experiment = started
    sell(connection, experiment, 1.5, 380)
    result = read_experiment_result(connection, experiment, NEW.ends_at)
    assert result.decision is ExperimentDecision.BETTER
    assert set(result.measures) == {"margin", "revenue", "units"}


def test_before_the_first_whole_day_nothing_is_compared(started) -> None:
    connection, experiment = started
    result = read_experiment_result(connection, experiment, NOON + DAY)
    assert (result.measures, result.days) == ({}, 0)
    assert result.decision is ExperimentDecision.TOO_EARLY
    assert result.contamination.adherence is None


def test_an_unobserved_store_is_left_out_and_not_zero(started) -> None:
    connection, experiment = started
    sell(connection, experiment, 1.0, 380)
    one = experiment.stores_of(ExperimentArm.CONTROL)[0]
    whole_result = read_experiment_result(connection, experiment, NEW.ends_at)
    connection.exec_driver_sql(
        "DELETE FROM retail_price_points WHERE store = ? AND observed_at > 1795000000000000", (one,)
    )
    less = read_experiment_result(connection, experiment, NEW.ends_at)
    assert less.measures["units"].control_mean == pytest.approx(
        whole_result.measures["units"].control_mean, rel=0.2
    )


def test_what_mixes_the_arms_is_stated(started) -> None:
    connection, experiment = started
    sell(connection, experiment, 1.0, 400)  # treated stores have kept the former price
    treated = experiment.stores_of(ExperimentArm.TREATED)
    override = NewOverride(
        key=PriceKey(PRODUCT, treated[0]), price_minor=350, currency="GBP", reason="mistake",
        ends_at=NOON + 3 * DAY,
    )  # fmt: skip
    set_override(connection, override, allow_all, by="ann", now=NOON + DAY)
    connection.exec_driver_sql("UPDATE retail_stores SET latitude = 50.0")
    found = read_experiment_result(connection, experiment, NEW.ends_at).contamination
    assert found.adherence == 0
    assert (found.overridden, found.near_pairs, found.is_clean) == (1, 144, False)
