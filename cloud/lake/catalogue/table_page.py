"""The page of one table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cloud.lake.catalogue.charts import draw_days, draw_lineage
from cloud.lake.catalogue.column_section import show_columns
from cloud.lake.catalogue.descriptions import ZONES, describe_table
from cloud.lake.catalogue.facts import TableFacts, is_late
from cloud.lake.catalogue.lineage import list_consumers, list_sources, list_targets
from cloud.lake.catalogue.markup import Child, Html, element, join, name, page
from cloud.lake.catalogue.quality_sections import show_contract, show_quarantine
from cloud.lake.catalogue.words import (
    PageSection,
    definitions,
    grid,
    number,
    show_sections,
    write_age,
    write_bytes,
    write_time,
)
from cloud.lake.trusted.contract import NOT_PROMISED

SNAPSHOTS: Final = 10
"""Snapshots that a page lists; `lake snapshots` lists all."""
DATABASE: Final = "database."
OUTSIDE: Final = (DATABASE, "uploads.")
"""Sources that are no tables of the lake, and have no page."""


def build_table_page(facts: TableFacts, now: datetime) -> str:
    """The page of a table as HTML."""
    full_name = facts.table.full_name
    sections = (
        _show_days(facts),
        show_contract(facts),
        show_quarantine(facts),
        show_columns(facts),
        _show_lineage(full_name),
        _show_consumers(full_name),
        _show_snapshots(facts),
    )
    return page(
        full_name,
        element("h1", name(full_name)),
        element("p", describe_table(full_name)),
        element(
            "p",
            element("span", facts.table.zone.value, class_="zone"),
            f" zone: {ZONES[facts.table.zone]}.",
            class_="quiet",
        ),
        _show_state(facts, now),
        _show_holds(facts),
        show_sections([one for one in sections if one is not None]),
        element("p", f"Written {write_time(now)} from the manifest.", class_="quiet"),
    )


def link_table(full_name: str, shown: str | None = None) -> Html:
    """A link to the page of a table; tables of the database have none."""
    label = name(shown or full_name)
    if full_name.startswith(OUTSIDE):
        return element("span", label)
    spoken = full_name if shown else None
    return element("a", label, href=f"{full_name}.html", aria_label=spoken)


def _show_state(facts: TableFacts, now: datetime) -> Html:
    if not facts.snapshots:
        return element("p", "Nothing has been committed to this table.", class_="empty")
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
    if facts.contract is None or facts.contract.freshness == NOT_PROMISED:
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


def _show_days(facts: TableFacts) -> PageSection | None:
    if not facts.days:
        return None
    rows = [(one.day, one.rows) for one in facts.days]
    sizes = [(one.day, one.size_bytes) for one in facts.days]
    charts = element(
        "div",
        draw_days(rows, "Rows by UTC day", "rows"),
        draw_days(sizes, "Bytes by UTC day", "bytes"),
        class_="charts",
    )
    note = element("p", "A day without a bar has no rows in the table.", class_="quiet")
    return PageSection("Rows and bytes by day", join(note, charts))


def _show_lineage(this: str) -> PageSection:
    sources, targets = list_sources(this), list_targets(this)
    columns = [column for column in (sources, (this,), targets) if column]
    edges = [(source, this) for source in sources] + [(this, target) for target in targets]
    drawing = draw_lineage(columns, edges, f"Lineage of {this}", this=this)
    lists = (_list_tables("Computed from", sources), _list_tables("Used to compute", targets))
    return PageSection("Lineage", join(drawing, *lists))


def _list_tables(heading: str, names: Sequence[str]) -> Html | None:
    if not names:
        return None
    links = (element("li", link_table(one)) for one in names)
    return join(element("h3", heading), element("ul", *links, class_="lineage"))


def _show_consumers(full_name: str) -> PageSection | None:
    consumers = list_consumers(full_name)
    if not consumers:
        return None
    items = (element("li", one.replace("`", "")) for one in consumers)
    return PageSection("Consumers", element("ul", *items, class_="lineage"))


def _show_snapshots(facts: TableFacts) -> PageSection | None:
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
    return PageSection("Newest snapshots", grid("Newest snapshots", heads, rows, heads[3:]))
