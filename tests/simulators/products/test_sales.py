"""Simulated sales have the figures that they say they have, and repeat by their seed."""

from datetime import date

import pyarrow.compute as pc
import pytest

from simulators.products.sales import LATE, MARGIN, SalesOptions, simulate_sales

OPTIONS = SalesOptions(30_000, date(2025, 1, 1), 365)


def test_margin_and_late_deliveries_are_as_given():
    lines = simulate_sales(OPTIONS)["lines"]
    net = pc.sum(lines["Net amount"]).as_py()
    margin = (net - pc.sum(lines["Net cost"]).as_py()) / net
    assert margin == pytest.approx(MARGIN, abs=0.001)
    late = pc.mean(pc.greater(lines["Delivered"], lines["Promised"])).as_py()
    assert late == pytest.approx(sum(LATE) / len(LATE), abs=0.01)
    assert pc.min(lines["Date"]).as_py() >= OPTIONS.first_on


def test_the_same_seed_gives_the_same_files():
    first, again = simulate_sales(OPTIONS), simulate_sales(OPTIONS)
    assert all(first[name].equals(again[name]) for name in ("lines", "vendors"))
    assert len(first["vendors"]) == OPTIONS.vendors
