"""Estimates are read back as they were written, and say whether they may move a price."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from sqlalchemy import Engine

from cloud.database import reading, writing
from cloud.forecast.retail.estimates import (
    DemandEstimate,
    EstimateArrays,
    Evidence,
    classify_evidence,
    delete_estimates_before,
    read_estimates,
    write_estimates,
)

MONDAY = date(2026, 11, 23)
JUICE = DemandEstimate(
    product="juice-1",
    store="s-01",
    elasticity=-2.4,
    elasticity_low=-2.9,
    elasticity_high=-2.0,
    standard_error=0.06,
    baseline_units=120.0,
    baseline_price_minor=299,
    units_sd_log=0.5,
    stockpiling_share=0.2,
    evidence=Evidence.SUFFICIENT,
    model_version="fixed-effects-1",
    as_of=MONDAY,
)


def test_estimates_are_read_back_by_product_and_store(engine: Engine):
    other = replace(JUICE, store="s-02", stockpiling_share=None)
    milk = replace(JUICE, product="milk")
    with writing(engine) as connection:
        write_estimates(connection, [milk, other, JUICE])
    with reading(engine) as connection:
        assert read_estimates(connection) == [JUICE, other, milk]
        assert read_estimates(connection, ["juice-1"], ["s-02", "s-03"]) == [other]
        assert read_estimates(connection, ["milk"]) == [milk]
        assert read_estimates(connection, [], None) == []
        assert read_estimates(connection, None, []) == []
        many = {f"s-{number:04}" for number in range(1_000)} | {"s-02"}
        assert read_estimates(connection, many | {"juice-1"}, many) == [other]


def test_a_later_run_replaces_estimates_and_deletes_those_it_no_longer_has(engine: Engine):
    later = replace(JUICE, elasticity=-2.5, as_of=date(2026, 11, 30))
    with writing(engine) as connection:
        write_estimates(connection, [])
        write_estimates(connection, [JUICE, replace(JUICE, store="s-02")])
        write_estimates(connection, [later])
        assert delete_estimates_before(connection, later.as_of) == 1
        assert read_estimates(connection) == [later]


def test_columns_predict_the_units_of_any_price():
    columns = EstimateArrays.from_estimates([JUICE, replace(JUICE, stockpiling_share=None)])
    assert len(columns) == 2
    assert columns.evidence.tolist() == [0, 0]
    assert np.isnan(columns.stockpiling_share[1])
    assert columns.as_of[0] == np.datetime64(MONDAY)
    units = columns.predict_units(np.array([[299.0, 299.0], [269.1, 328.9]]))
    assert units[0] == pytest.approx([120, 120])
    assert units[1] == pytest.approx([120 * 0.9**-2.4, 120 * 1.1**-2.4])
    low = columns.predict_units(np.full(2, 269.1), columns.elasticity_low)
    assert low == pytest.approx(np.full(2, 120 * 0.9**-2.9))


@pytest.mark.parametrize(
    ("elasticity", "low", "high", "error", "expected"),
    [
        (-2.4, -2.9, -2.0, 0.1, Evidence.SUFFICIENT),
        (-2.4, -2.9, -1.0, 0.1, Evidence.WEAK),
        (-2.4, -4.5, -2.0, 0.1, Evidence.WEAK),
        (-2.4, -2.9, -2.0, 1.3, Evidence.INSUFFICIENT),
        (-1.0, -1.1, -0.9, 0.1, Evidence.INSUFFICIENT),
        (-2.4, -2.9, -2.0, float("nan"), Evidence.INSUFFICIENT),
    ],
)
def test_evidence_moves_a_price_only_when_the_whole_range_allows_it(
    elasticity, low, high, error, expected
):
    assert classify_evidence(elasticity, low, high, error) is expected
