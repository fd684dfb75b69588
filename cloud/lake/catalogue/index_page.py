"""The list of all tables, which can be searched, and the lineage of the whole lake."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cloud.lake.catalogue.charts import draw_lineage
from cloud.lake.catalogue.descriptions import DESCRIPTIONS, ZONES
from cloud.lake.catalogue.facts import TableFacts, is_late
from cloud.lake.catalogue.lineage import STEPS
from cloud.lake.catalogue.markup import STATIC, Html, element, page
from cloud.lake.catalogue.table_page import DATABASE, link_table
from cloud.lake.catalogue.words import definitions, grid, number, write_age, write_bytes, write_time
from cloud.lake.tables import Zone

HEADS: Final = ("Table", "Zone", "One row is", "Rows", "Size", "Newest day", "Age", "Quarantined")
FIGURES: Final = ("Rows", "Size", "Quarantined")


def build_index_page(facts: Sequence[TableFacts], now: datetime) -> str:
    """The index as HTML."""
    return page(
        "Tables",
        element("h1", "Tables of the lake"),
        element("p", "Rows pass from zone to zone."),
        definitions(*((zone.value, sentence) for zone, sentence in ZONES.items())),
        _show_search(),
        grid("Tables", HEADS, [_show_table(one, now) for one in facts], FIGURES),
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


def _show_table(facts: TableFacts, now: datetime) -> Html:
    table = facts.table
    description = DESCRIPTIONS.get(table.full_name, "")
    columns = " ".join(f"{column.name} {column.description}" for column in table.columns)
    searched = f"{table.full_name} {description} {columns}".lower()
    quarantined = sum(one.rows for one in facts.quarantine)
    return element(
        "tr",
        element("th", link_table(table.full_name), scope="row"),
        element("td", element("span", table.zone.value, class_="zone")),
        element("td", description, class_="long"),
        number(facts.rows),
        number(write_bytes(facts.size_bytes)),
        element("td", str(facts.days[-1].day) if facts.days else "none"),
        _show_age(facts, now),
        number(quarantined),
        data_search=searched,
    )


def _show_age(facts: TableFacts, now: datetime) -> Html:
    if not facts.snapshots:
        return element("td", "no commit")
    age = write_age(now - facts.snapshots[-1].committed_at)
    if is_late(facts, now):
        return element("td", f"{age}: late", class_="bad")
    return element("td", age)


def _draw_whole_lineage() -> Html:
    edges = [
        (source, target)
        for step in STEPS
        for target, sources in step.sources.items()
        for source in sources
    ]
    names = list(dict.fromkeys(name for edge in edges for name in edge))
    received = [name for name in names if name.startswith(DATABASE) and _has_targets(name, edges)]
    copied = [name for name in names if name.startswith(DATABASE) and name not in received]
    zones = [[name for name in names if name.startswith(f"{zone}.")] for zone in Zone]
    return draw_lineage([received, *zones, copied], edges, "", "Lineage of the lake")


def _has_targets(name: str, edges: Sequence[tuple[str, str]]) -> bool:
    return any(source == name for source, _ in edges)
