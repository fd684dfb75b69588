"""Bars side by side with their values: each has its text, so nothing is known by colour alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cloud.lake.catalogue.markup import Html, element, join
from cloud.products.definitions.plots import EffectsPlot
from cloud.products.definitions.product import ProductSection, Unit
from cloud.products.report.contents import ReportTable
from cloud.products.report.values import write_value

MOST_BARS: Final = 20
HEIGHT: Final = 10


@dataclass(frozen=True, slots=True)
class NamedValue:
    """What one bar shows; null: there is no bar."""

    label: str
    value: int | None


@dataclass(frozen=True, slots=True)
class BarScale:
    """The values that bars extend to, zero among them."""

    least: float
    most: float

    def place(self, value: float) -> float:
        """Percent of the width from the left."""
        return (value - self.least) * 100 / ((self.most - self.least) or 1)


def scale_of(values: Sequence[int | None]) -> BarScale:
    """The scale on which all of these values can be compared."""
    known = [0, *(one for one in values if one is not None)]
    return BarScale(min(known), max(known))


def draw_bars(bars: Sequence[NamedValue], unit: Unit, scale: BarScale, name: str) -> Html:
    """A list of bars with their labels and values."""
    rows = (
        element(
            "li", element("span", one.label, class_="label"), _draw_bar(one.value, scale),
            element("span", write_value(one.value, unit), class_="number"),
        )
        for one in bars
    )  # fmt: skip
    return element("ul", *rows, class_="bars", aria_label=name)


def show_bars(section: ProductSection, table: ReportTable) -> Html:
    """The first rows of a table as bars, one list for each column of `y`."""
    assert section.x is not None
    names = [section.x, *(one for one in table.shown.filters if one != section.x)]
    labels = [_label(table, row, names) for row in table.page.rows[:MOST_BARS]]
    shown = f"The first {len(labels)} of {table.page.total:,} rows."
    return join(
        *(_show_column(table, name, labels) for name in section.y),
        element("p", shown, class_="quiet") if table.page.total > len(labels) else None,
    )


def show_effects(plot: EffectsPlot, table: ReportTable) -> Html:
    """One list of bars for each row, all on one scale."""
    rows = table.page.rows[:MOST_BARS]
    places = [table.position(name) for name in plot.values]
    scale = scale_of([row[at] for row in rows for at in places])
    unit = table.column(plot.values[0]).unit
    groups = []
    for row in rows:
        heading = " · ".join(
            f"{table.column(name).title}: {_write(table, row, name)}" for name in plot.of
        )
        bars = [NamedValue(table.shown.columns[at].title, row[at]) for at in places]
        groups.append(join(element("h3", heading), draw_bars(bars, unit, scale, heading)))
    return join(element("p", plot.note), *groups)


def _show_column(table: ReportTable, name: str, labels: Sequence[str]) -> Html:
    column = table.column(name)
    values = table.values(name)[: len(labels)]
    bars = [NamedValue(label, value) for label, value in zip(labels, values, strict=True)]
    return join(
        element("p", column.title, class_="quiet"),
        draw_bars(bars, column.unit, scale_of(values), column.title),
    )


def _label(table: ReportTable, row: Sequence[Any], names: Sequence[str]) -> str:
    return ", ".join(_write(table, row, name) for name in names)


def _write(table: ReportTable, row: Sequence[Any], name: str) -> str:
    return write_value(row[table.position(name)], table.column(name).unit)


def _draw_bar(value: int | None, scale: BarScale) -> Html:
    zero = scale.place(0)
    end = zero if value is None else scale.place(value)
    return element(
        "svg",
        element("rect", x=f"{min(zero, end):.2f}", width=f"{abs(end - zero):.2f}", height=HEIGHT,
                class_="bar" if end >= zero else "bar less"),
        element("line", x1=f"{zero:.2f}", x2=f"{zero:.2f}", y1=0, y2=HEIGHT, class_="axis"),
        viewBox=f"0 0 100 {HEIGHT}", preserveAspectRatio="none", aria_hidden="true",
    )  # fmt: skip
