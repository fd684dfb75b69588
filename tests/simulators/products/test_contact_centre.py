"""Simulated calls are handled with the share of their year, in a file for each."""

from datetime import date

import pyarrow.compute as pc
import pytest

from simulators.products.contact_centre import HANDLED, CallOptions, simulate_calls


def test_each_year_has_its_file_and_its_share():
    files = simulate_calls(CallOptions(1_000, date(2024, 7, 1), 365))
    assert sorted(files) == ["calls-2024", "calls-2025"]
    for name, table in files.items():
        share = pc.sum(table["CallsHandled"]).as_py() / pc.sum(table["CallsOffered"]).as_py()
        assert share == pytest.approx(HANDLED[int(name[-4:]) % 2], abs=0.003)
        assert pc.all(pc.less_equal(table["CallsHandled"], table["CallsOffered"])).as_py()
