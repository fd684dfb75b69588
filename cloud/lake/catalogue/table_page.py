"""The page of one table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pyarrow as pa

from cloud.lake.catalogue.charts import Bar, draw_days, draw_histogram, draw_lineage
from cloud.lake.catalogue.column_profile import ColumnProfile
from cloud.lake.catalogue.descriptions import DESCRIPTIONS, ZONES
from cloud.lake.catalogue.facts import TableFacts, is_late
from cloud.lake.catalogue.lineage import CONSUMERS, list_sources, list_targets
from cloud.lake.catalogue.markup import Child, Html, element, join, name, page
from cloud.lake.catalogue.quality_sections import show_contract, show_quarantine
from cloud.lake.catalogue.words import (
    definitions,
    grid,
    number,
    write_age,
    write_bytes,
    write_count,
    write_time,
)
from cloud.lake.tables import TIMESTAMP, LakeColumn

TYPES: Final = {
    pa.int64(): "whole number",
    pa.string(): "text",
    pa.bool_(): "true or false",
    pa.date32(): "date",
    TIMESTAMP: "UTC time",
}
SNAPSHOTS: Final = 10
"""Snapshots that a page lists; `lake snapshots` lists all."""
DATABASE: Final = "database."


def build_table_page(facts: TableFacts, now: datetime) -> str:
    """The page of a table as HTML."""
    full_name = facts.table.full_name
    return page(
        full_name,
        element("h1", name(full_name)),
        element(
            "p",
            element("span", facts.table.zone.value, class_="zone"),
            f" {ZONES[facts.table.zone]}",
        ),
        element("p", DESCRIPTIONS.get(full_name)),
        _show_state(facts, now),
        _show_holds(facts),
        _show_days(facts),
        show_contract(facts),
        _show_columns(facts),
        show_quarantine(facts),
        _show_lineage(full_name),
        _show_consumers(full_name),
        _show_snapshots(facts),
        element("p", f"Written {write_time(now)} from the manifest.", class_="quiet"),
    )


def link_table(full_name: str) -> Html:
    """A link to the page of a table; tables of the database have none."""
    if full_name.startswith(DATABASE):
        return element("span", name(full_name))
    return element("a", name(full_name), href=f"{full_name}.html")


def _show_state(facts: TableFacts, now: datetime) -> Html:
    if not facts.snapshots:
        return element("p", "Nothing has been committed to this table.")
    newest = facts.snapshots[-1]
    pairs: list[tuple[str, Child]] = [
        ("Rows", f"{facts.rows:,}"),
        ("Files", f"{facts.files:,}, {write_bytes(facts.size_bytes)}"),
        ("Snapshot", f"{newest.number:,}"),
        ("Newest commit", write_time(newest.committed_at)),
        ("Age", _show_age(facts, now)),
    ]
    if facts.days:
        pairs.append(("Days", f"{facts.days[0].day} to {facts.days[-1].day}"))
    return definitions(*pairs)


def _show_age(facts: TableFacts, now: datetime) -> Html:
    age = write_age(now - facts.snapshots[-1].committed_at)
    if facts.contract is None:
        return element("span", age)
    if is_late(facts, now):
        promised = write_age(facts.contract.freshness)
        return element("span", f"{age}: late, expected within {promised}", class_="bad")
    return element("span", f"{age}: in time", class_="good")


def _show_holds(facts: TableFacts) -> Html | None:
    if not facts.holds:
        return None
    days = ", ".join(f"{hold.first_on} to {hold.last_on}" for hold in facts.holds)
    return element("p", f"Under legal hold, not deleted: {days}.")


def _show_days(facts: TableFacts) -> Html | None:
    if not facts.days:
        return None
    rows = [(one.day, one.rows) for one in facts.days]
    sizes = [(one.day, one.size_bytes) for one in facts.days]
    return join(
        element("h2", "Rows and bytes by day"),
        element("p", "A day without a bar has no rows in the table.", class_="quiet"),
        element(
            "div",
            draw_days(rows, "Rows by UTC day", "rows"),
            draw_days(sizes, "Bytes by UTC day", "bytes"),
            class_="charts",
        ),
    )


def _show_columns(facts: TableFacts) -> Html:
    profile = facts.profile
    heads = ["Column", "Type", "Description"]
    if profile is None:
        note = f"No profile: {facts.problem}" if facts.problem else "No rows, so no profile."
        rows = [_show_column(column, None, facts) for column in facts.table.columns]
    else:
        distinct = "Distinct" if profile.is_exact else "Distinct, about"
        heads += ["Null", distinct, "Least", "Greatest", "Distribution"]
        note = (
            f"The profile is of {facts.days[-1].day}, the newest day: "
            f"{write_count(profile.rows, 'row')}. Each bar is a range of values, or one value of a "
            "text with few; point at a bar to read it."
        )
        rows = [
            _show_column(column, found, facts)
            for column, found in zip(facts.table.columns, profile.columns, strict=True)
        ]
    return join(
        element("h2", "Columns"),
        element("p", note, class_="bad" if facts.problem else "quiet"),
        grid("Columns", heads, rows, ("Null", "Distinct", "Distinct, about")),
    )


def _show_column(column: LakeColumn, found: ColumnProfile | None, facts: TableFacts) -> Html:
    kind = TYPES[column.type] + (", or null" if column.nullable else "")
    since = f" Since schema version {column.since}." if column.since > 1 else ""
    cells: list[Html] = [
        element("th", name(column.name), scope="row"),
        element("td", kind),
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
    if not found.buckets:
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


def _show_lineage(this: str) -> Html:
    sources, targets = list_sources(this), list_targets(this)
    columns = [column for column in (sources, (this,), targets) if column]
    edges = [(source, this) for source in sources] + [(this, target) for target in targets]
    return join(
        element("h2", "Lineage"),
        draw_lineage(columns, edges, this, f"Lineage of {this}"),
        _list_tables("Computed from", sources),
        _list_tables("Used to compute", targets),
    )


def _list_tables(heading: str, names: Sequence[str]) -> Html | None:
    if not names:
        return None
    links = (element("li", link_table(one)) for one in names)
    return join(element("h3", heading), element("ul", *links, class_="lineage"))


def _show_consumers(full_name: str) -> Html | None:
    consumers = CONSUMERS.get(full_name, ())
    if not consumers:
        return None
    return join(
        element("h2", "Consumers"),
        element("ul", *(element("li", one.replace("`", "")) for one in consumers)),
    )


def _show_snapshots(facts: TableFacts) -> Html | None:
    if not facts.snapshots:
        return None
    rows = [
        element(
            "tr",
            element("th", f"{one.number:,}", scope="row"),
            element("td", write_time(one.committed_at)),
            element("td", one.operation.value),
            number(one.rows_added),
            number(one.rows_removed),
        )
        for one in reversed(facts.snapshots[-SNAPSHOTS:])
    ]
    heads = ("Snapshot", "Committed", "Operation", "Rows added", "Rows removed")
    return join(
        element("h2", "Newest snapshots"),
        grid("Newest snapshots", heads, rows, heads[3:]),
    )
