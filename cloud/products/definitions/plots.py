"""Plots of a product's report, as `product.yaml` declares them."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from cloud.products.definitions.columns import DefinitionPart, Name, Text

Names = Annotated[tuple[Name, ...], Meta(min_length=1)]


class MarkedChanges(DefinitionPart, frozen=True, kw_only=True):
    """Changes of one measure: a line at the column `day`, and the mean before and after it.

    The change of a row is drawn when the value of its column `by` is chosen.
    """

    table: Name
    of: Name
    by: Name
    day: Name
    before: Name
    after: Name


class TrendPlot(DefinitionPart, frozen=True, kw_only=True, tag_field="plot", tag="trend"):
    """One measure at a time along a column of dates, of the values chosen or of all.

    Rows of one date are added with `weight`; without it each date must have one row.
    """

    table: Name
    title: Text
    x: Name
    measures: Names
    choose: tuple[Name, ...] = ()
    weight: Name | None = None
    changes: MarkedChanges | None = None

    def named_columns(self) -> Iterator[tuple[str, str]]:
        """Tables and columns that it names."""
        for name in (self.x, *self.measures, *self.choose, *filter(None, [self.weight])):
            yield self.table, name
        if (one := self.changes) is not None:
            yield self.table, one.of
            yield self.table, one.by
            for name in (one.by, one.day, one.before, one.after):
                yield one.table, name


class EffectsPlot(DefinitionPart, frozen=True, kw_only=True, tag_field="plot", tag="effects"):
    """For each row, named by the columns `of`, one bar for each column of `values`."""

    table: Name
    title: Text
    note: Text
    of: Names
    values: Names

    def named_columns(self) -> Iterator[tuple[str, str]]:
        """Tables and columns that it names."""
        for name in (*self.of, *self.values):
            yield self.table, name


ReportPlot = TrendPlot | EffectsPlot
