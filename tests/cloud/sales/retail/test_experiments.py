"""An experiment is stored as it is, and its state follows from the time."""

from dataclasses import replace
from datetime import timedelta

from cloud.sales.retail.cluster_assignment import ExperimentArm
from cloud.sales.retail.experiments import (
    ExperimentState,
    PriceExperiment,
    find_experiment,
    read_open_experiments,
    to_experiment_row,
)
from cloud.sales.retail.tables import retail_experiments
from tests.cloud.memory_database import in_memory
from tests.cloud.sales.retail.retail_rows import NOON

DAY = timedelta(days=1)
ONE = PriceExperiment(
    id="e1", name="5 % less", products=("juice",), change_bp=-500,
    assignment={"C-1": ExperimentArm.CONTROL, "C-2": ExperimentArm.TREATED},
    stores={"S-1": "C-1", "S-2": "C-2"}, seed=7, alpha=0.05, harm_limit_bp=100,
    pre_from_on=NOON.date(), starts_at=NOON, ends_at=NOON + 28 * DAY, created_at=NOON,
    created_by="ann",
)  # fmt: skip


def test_it_is_stored_as_it_is() -> None:
    with in_memory(retail_experiments) as connection:
        connection.execute(retail_experiments.insert(), [to_experiment_row(ONE)])
        assert find_experiment(connection, "e1") == ONE
        assert read_open_experiments(connection, NOON) == [ONE]
        assert read_open_experiments(connection, ONE.ends_at) == []


def test_its_state_follows_from_the_time() -> None:
    stopped = replace(ONE, stopped_at=NOON + 3 * DAY)
    states = [ONE.state_at(at) for at in (NOON - DAY, NOON, ONE.ends_at)]
    assert states == [ExperimentState.SCHEDULED, ExperimentState.RUNNING, ExperimentState.ENDED]
    assert stopped.state_at(NOON + 4 * DAY) is ExperimentState.STOPPED
    assert stopped.effective_end_at == NOON + 3 * DAY
    assert ONE.stores_of(ExperimentArm.TREATED) == ["S-2"]
