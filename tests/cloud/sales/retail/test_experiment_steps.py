"""An experiment starts as a whole: enough clusters, known and allowed prices, no overlap."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from cloud.auth.audit import audit_log
from cloud.auth.audit_comparisons import compare_with_log
from cloud.database.retail import retail_price_points, retail_stores
from cloud.sales.retail.audit_comparisons import ExperimentComparison, RetailPriceComparison
from cloud.sales.retail.cluster_assignment import ExperimentArm
from cloud.sales.retail.experiment_steps import (
    ExperimentConflictError,
    ExperimentError,
    NewExperiment,
    start_experiment,
    stop_experiment,
)
from cloud.sales.retail.experiments import (
    ExperimentState,
    PriceExperiment,
    UnknownExperimentError,
    find_experiment,
    list_experiments,
)
from cloud.sales.retail.prices import read_in_force
from cloud.sales.retail.rule_check import RuleBrokenError
from cloud.sales.retail.rule_sets import retail_rule_sets
from cloud.sales.retail.tables import (
    retail_experiments,
    retail_prices,
    retail_recommendations,
)
from tests.cloud.memory_database import in_memory
from tests.cloud.retail_points import PRODUCT, insert_points, insert_stores, point_row
from tests.cloud.sales.retail.retail_rows import NOON, FloorCheck, allow_all

DAY = timedelta(days=1)
NEW = NewExperiment(
    name="5 % less", products=(PRODUCT,), change_bp=-500, starts_at=NOON, ends_at=NOON + 28 * DAY,
    seed=5,
)  # fmt: skip
TABLES = (
    retail_price_points,
    retail_stores,
    retail_experiments,
    retail_prices,
    retail_recommendations,
    retail_rule_sets,
    audit_log,
)  # fmt: skip


def whole(price_minor: int, currency: str) -> int:
    return price_minor


@pytest.fixture
def chain() -> Iterator[Connection]:
    """24 stores in 12 clusters, each with a price of yesterday."""
    with in_memory(*TABLES) as connection:
        stores = insert_stores(connection, 24)
        insert_points(connection, [point_row(one, NOON - DAY) for one in stores])
        yield connection


def start(connection: Connection, new: NewExperiment = NEW, **more: object) -> PriceExperiment:
    check = more.get("check", allow_all)
    return start_experiment(connection, new, check, whole, by="ann", now=NOON)  # type: ignore[arg-type]


def test_treated_stores_have_the_changed_price_and_control_stores_none(chain: Connection) -> None:
    experiment = start(chain)
    found = read_in_force(chain, None, NOON)
    assert {key.store for key in found} == set(experiment.stores_of(ExperimentArm.TREATED))
    assert {one.price_minor for one in found.values()} == {380}
    assert experiment == find_experiment(chain, experiment.id)
    assert [one.id for one in list_experiments(chain, most=9)] == [experiment.id]
    assert experiment.state_at(NOON) is ExperimentState.RUNNING
    assert experiment.state_at(NEW.ends_at) is ExperimentState.ENDED


def test_the_stores_of_a_cluster_are_in_one_arm(chain: Connection) -> None:
    experiment = start(chain)
    for store, cluster in experiment.stores.items():
        assert experiment.arm_of(store) is experiment.assignment[cluster]


def test_a_stopped_experiment_has_no_prices_and_stops_once(chain: Connection) -> None:
    experiment = start(chain)
    later = {"by": "bob", "now": NOON + DAY}
    stopped, results = stop_experiment(chain, experiment.id, "loss", allow_all, **later)  # type: ignore[arg-type]
    assert stopped.state_at(NOON + DAY) is ExperimentState.STOPPED
    assert len(results) == 12
    assert read_in_force(chain, None, NOON + DAY) == {}
    with pytest.raises(ExperimentConflictError, match="is stopped"):
        stop_experiment(chain, experiment.id, "again", allow_all, **later)  # type: ignore[arg-type]
    with pytest.raises(UnknownExperimentError):
        stop_experiment(chain, "none", "again", allow_all, **later)  # type: ignore[arg-type]
    comparisons = [ExperimentComparison(), RetailPriceComparison()]
    assert compare_with_log(chain, NOON, comparisons) == []
    chain.exec_driver_sql("UPDATE retail_experiments SET seed = 6, stopped_by = 'eve'")
    found = "; ".join(compare_with_log(chain, NOON, comparisons))
    assert "seed is 6" in found
    assert "stopped_by is eve" in found


def test_a_price_that_a_rule_refuses_starts_nothing(chain: Connection) -> None:
    with pytest.raises(RuleBrokenError, match="12 prices of the treated stores"):
        start(chain, check=FloorCheck(390))
    assert list_experiments(chain, most=9) == []


def test_a_product_is_in_one_experiment_at_a_time(chain: Connection) -> None:
    start(chain)
    with pytest.raises(ExperimentConflictError, match=PRODUCT):
        start(chain, replace(NEW, change_bp=500))
    later = replace(NEW, starts_at=NEW.ends_at, ends_at=NEW.ends_at + 7 * DAY)
    assert start(chain, later).state_at(NOON) is ExperimentState.SCHEDULED


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"region": "north"}, "at least 12"),
        ({"products": ()}, "one product"),
        ({"products": ("unknown",)}, "reported in the last 14 days"),
        ({"change_bp": 0}, "change_bp"),
        ({"change_bp": 3_001}, "change_bp"),
        ({"starts_at": NOON - DAY}, "in the future"),
        ({"ends_at": NOON + 6 * DAY}, "7 to 180 days"),
        ({"alpha": 0.5}, "alpha"),
    ],
)
def test_an_unusable_description_is_refused(
    chain: Connection, more: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ExperimentError, match=sentence):
        start(chain, replace(NEW, **more))


def test_instants_keep_their_zone(chain: Connection) -> None:
    found = find_experiment(chain, start(chain).id)
    assert isinstance(found.starts_at, datetime)
    assert found.starts_at == NOON
