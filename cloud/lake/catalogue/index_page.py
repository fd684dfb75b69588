"""The list of all tables by zone, which can be searched, and the lineage of the whole lake."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cloud.lake.catalogue.charts import draw_lineage
from cloud.lake.catalogue.descriptions import ZONES, describe_table
from cloud.lake.catalogue.facts import TableFacts, is_late
from cloud.lake.catalogue.lineage import list_steps
from cloud.lake.catalogue.markup import STATIC, Child, Html, element, page
from cloud.lake.catalogue.table_page import DATABASE, OUTSIDE, link_table
from cloud.lake.catalogue.words import (
    definitions,
    grouped_grid,
    number,
    write_age,
    write_bytes,
    write_time,
)
from cloud.lake.tables import Zone

HEADS: Final = ("Table", "One row is", "Rows", "Size", "Newest day", "Age", "Quarantined")
FIGURES: Final = ("Rows", "Size", "Quarantined")


def build_index_page(facts: Sequence[TableFacts], now: datetime) -> str:
    """The index as HTML."""
    return page(
        "Tables",
        element("h1", "Tables of the lake"),
        _show_totals(facts, now),
        _show_search(),
        grouped_grid("Tables", HEADS, [_show_zone(zone, facts, now) for zone in Zone], FIGURES),
        element("h2", "Lineage"),
        _draw_whole_lineage(),
        element(
            "p",
            "Each page lists the sources and uses of its table. The runs of the programs are in ",
            element("a", "lineage.jsonl", href="lineage.jsonl"),
            ", as events of OpenLineage.",
        ),
        element("p", f"Written {write_time(now)} from the manifest.", class_="quiet"),
        script=(STATIC / "search.js").read_text(),
    )  # fmt: skip


def _show_totals(facts: Sequence[TableFacts], now: datetime) -> Html:
    late = sum(is_late(one, now) for one in facts)
    empty = sum(not one.days for one in facts)
    return definitions(
        ("Tables", f"{len(facts)}, {empty} without rows" if empty else len(facts)),
        ("Size", write_bytes(sum(one.size_bytes for one in facts))),
        ("Late tables", _emphasize(late)),
        ("Quarantined rows", _emphasize(sum(map(_count_quarantined, facts)))),
    )


def _emphasize(count: int) -> Child:
    return element("span", f"{count:,}", class_="bad") if count else "none"


def _show_search() -> Html:
    """Hidden until the script that does the search is there."""
    return element(
        "form",
        element("label", "Search tables and columns", for_="search"),
        element("input", type="search", id="search", autocomplete="off"),
        element("span", "", id="found", role="status", class_="quiet"),
        class_="search",
        role="search",
        hidden=True,
    )


def _show_zone(zone: Zone, facts: Sequence[TableFacts], now: datetime) -> Html:
    description = element("span", ZONES[zone], class_="quiet")
    heading = element("th", f"{zone.value} ", description, scope="rowgroup", colspan=len(HEADS))
    rows = [_show_table(one, now) for one in facts if one.table.zone is zone]
    return element("tbody", element("tr", heading, class_="group"), *rows)


def _show_table(facts: TableFacts, now: datetime) -> Html:
    table = facts.table
    description = describe_table(table.full_name) or ""
    columns = " ".join(f"{column.name} {column.description}" for column in table.columns)
    searched = f"{table.full_name} {description} {columns}".lower()
    quarantined = _count_quarantined(facts)
    return element(
        "tr",
        element("th", link_table(table.full_name, table.name), scope="row"),
        element("td", description, class_="long"),
        number(facts.rows, "" if facts.days else "quiet"),
        number(write_bytes(facts.size_bytes) if facts.days else None),
        element("td", str(facts.days[-1].day) if facts.days else None, class_="date"),
        _show_age(facts, now),
        number(quarantined, "bad" if quarantined else "quiet"),
        data_search=searched,
    )


def _count_quarantined(facts: TableFacts) -> int:
    return sum(one.rows for one in facts.quarantine)


def _show_age(facts: TableFacts, now: datetime) -> Html:
    if not facts.snapshots:
        return element("td", "no commit", class_="date quiet")
    age = write_age(now - facts.snapshots[-1].committed_at)
    if is_late(facts, now):
        return element("td", f"{age}: late", class_="date bad")
    return element("td", age, class_="date")


def _draw_whole_lineage() -> Html:
    edges = [
        (source, target)
        for step in list_steps()
        for target, sources in step.sources.items()
        for source in sources
    ]
    names = list(dict.fromkeys(name for edge in edges for name in edge))
    received = [name for name in names if name.startswith(OUTSIDE) and _has_targets(name, edges)]
    copied = [name for name in names if name.startswith(DATABASE) and name not in received]
    zones = [[name for name in names if name.startswith(f"{zone}.")] for zone in Zone]
    return draw_lineage(
        [received, *zones, copied],
        edges,
        "Lineage of the lake",
        headings=("received", *Zone, "database"),
    )


def _has_targets(name: str, edges: Sequence[tuple[str, str]]) -> bool:
    return any(source == name for source, _ in edges)
