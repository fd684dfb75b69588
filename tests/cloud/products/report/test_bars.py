"""Bars extend from zero in both directions; a null has none."""

import re

from cloud.products.definitions.product import Unit
from cloud.products.report.bars import NamedValue, draw_bars, scale_of


def test_bars_are_on_one_scale_with_zero():
    values = [30, -10, 0, None]
    bars = [NamedValue(f"<{at}>", value) for at, value in enumerate(values)]
    drawn = draw_bars(bars, Unit(kind="count"), scale_of(values), "effects")
    widths = re.findall(r'<rect x="([\d.]+)" width="([\d.]+)"', drawn)
    assert widths == [("25.00", "75.00"), ("0.00", "25.00"), ("25.00", "0.00"), ("25.00", "0.00")]
    assert re.findall(r'number">([^<]*)<', drawn) == ["30", "-10", "0", "no data"]
    assert "&lt;0&gt;" in drawn


def test_equal_zeros_have_a_scale():
    assert scale_of([0, None]).place(0) == 0
