"""The section on the columns of a table, with the profile of its newest day."""

from typing import Final

import pyarrow as pa

from cloud.lake.catalogue.charts import Bar, draw_histogram
from cloud.lake.catalogue.column_profile import ColumnProfile
from cloud.lake.catalogue.facts import TableFacts
from cloud.lake.catalogue.markup import Html, element, join, name
from cloud.lake.catalogue.words import PageSection, grid, number, write_count
from cloud.lake.tables import TIMESTAMP, LakeColumn

TYPES: Final = {
    pa.int64(): "whole number",
    pa.string(): "text",
    pa.bool_(): "true or false",
    pa.date32(): "date",
    TIMESTAMP: "UTC time",
}
HEADS: Final = ("Column", "Type", "Description")
FIGURES: Final = ("Null", "Distinct", "Distinct, about")


def show_columns(facts: TableFacts) -> PageSection:
    """Every column; without a profile its definition only, and why there is no profile."""
    profile = facts.profile
    if profile is None:
        note = f"No profile: {facts.problem}" if facts.problem else "No rows, so no profile."
        rows = [_show_column(column, None) for column in facts.table.columns]
        return _to_section(note, HEADS, rows, is_bad=facts.problem is not None)
    note = (
        f"The profile is of {facts.days[-1].day}, the newest day: "
        f"{write_count(profile.rows, 'row')}. Each bar is a range of values, or one value of a "
        "text with few; point at a bar to read it."
    )
    distinct = "Distinct" if profile.is_exact else "Distinct, about"
    rows = [
        _show_column(column, found)
        for column, found in zip(facts.table.columns, profile.columns, strict=True)
    ]
    heads = (*HEADS, "Null", distinct, "Least", "Greatest", "Distribution")
    return _to_section(note, heads, rows)


def _to_section(
    note: str, heads: tuple[str, ...], rows: list[Html], *, is_bad: bool = False
) -> PageSection:
    return PageSection(
        "Columns",
        join(
            element("p", note, class_="bad" if is_bad else "quiet"),
            grid("Columns", heads, rows, FIGURES),
        ),
    )


def _show_column(column: LakeColumn, found: ColumnProfile | None) -> Html:
    since = f" Since schema version {column.since}." if column.since > 1 else ""
    cells: list[Html] = [
        element("th", name(column.name), scope="row"),
        element("td", TYPES[column.type] + (", or null" if column.nullable else ""), class_="type"),
        element("td", column.description + since, class_="long"),
    ]
    if found is not None:
        cells += [
            number(found.nulls),
            number(found.distinct),
            element("td", found.least, class_="value"),
            element("td", found.greatest, class_="value"),
            element("td", _draw_distribution(column, found)),
        ]
    return element("tr", *cells)


def _draw_distribution(column: LakeColumn, found: ColumnProfile) -> Html | None:
    """None for a column of one value, which stands beside it."""
    if len(found.buckets) < 2:
        return None
    bars = [
        Bar(f"{bucket.label}: {write_count(bucket.rows, 'row')}", bucket.rows)
        for bucket in found.buckets
    ]
    most = max(found.buckets, key=lambda bucket: bucket.rows)
    return draw_histogram(
        bars,
        f"{column.name}: most often {most.label}, {write_count(most.rows, 'row')}",
    )
