"""The report of a product as one document: plots and the sections of its page."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from cloud.lake.catalogue.markup import Html, document, element, join, read_style
from cloud.lake.catalogue.words import (
    PageSection,
    definitions,
    show_sections,
    write_age,
    write_count,
    write_time,
)
from cloud.products.definitions.plots import EffectsPlot, ReportPlot, TrendPlot
from cloud.products.definitions.product import ProductSection
from cloud.products.report.bars import show_bars, show_effects
from cloud.products.report.contents import ReportContents, ReportTable
from cloud.products.report.tables import embed_rows, show_figures, show_table

STATIC: Final = Path(__file__).parent / "static"
SCRIPTS: Final = ("values.js", "tables.js", "trend.js")
BRAND: Final = "Onlooker data product"
EMPTY: Final = "Its product.yaml declares no page and no plots: there is nothing to show."


def build_report(contents: ReportContents) -> str:
    """The document; it requests nothing, and admits only the style and the script within it."""
    file = contents.product.file
    style = read_style() + (STATIC / "report.css").read_text()
    sections = list(_list_sections(contents))
    script = "".join((STATIC / name).read_text() for name in SCRIPTS)
    return document(
        f"{file.title} · {BRAND}",
        element("span", BRAND, class_="brand"),
        element("h1", file.title),
        element("p", file.purpose),
        _show_state(contents),
        show_sections(sections) if sections else element("p", EMPTY, class_="empty"),
        *(embed_rows(table) for table in contents.tables.values()),
        style=style,
        script=script,
    )


def _show_state(contents: ReportContents) -> Html:
    computed, last = contents.computed_at, contents.last_run
    failure = last.failure if last is not None else None
    figures = definitions(
        ("Owner", contents.product.file.owner),
        ("Results changed", "not computed yet" if computed is None else write_time(computed)),
        ("Last run", "never" if last is None else write_time(last.started_at)),
        ("Age of the last run",
         "not known" if last is None else write_age(contents.written_at - last.started_at)),
        ("Report written", write_time(contents.written_at)),
    )  # fmt: skip
    if failure is None:
        return figures
    warning = f"The last run failed, so the results are those of before it: {failure}"
    return join(figures, element("p", warning, class_="bad"))


def _list_sections(contents: ReportContents) -> Iterator[PageSection]:
    titles: Counter[str] = Counter()
    for part in (*contents.product.file.report, *contents.product.file.page):
        titles[part.title] += 1
        number = titles[part.title]
        title = part.title if number == 1 else f"{part.title} ({number})"
        yield PageSection(title, _show_part(part, title, contents))


def _show_part(part: ReportPlot | ProductSection, title: str, contents: ReportContents) -> Html:
    table = contents.tables[part.table]
    if table.page.computed_at is None:
        command = f"python -m cloud products run {contents.product.name}"
        return element("p", f"Not computed yet: run `{command}`.", class_="empty")
    if not table.page.rows:
        return element("p", "No rows.", class_="empty")
    shown = _show_rows(part, title, table)
    missing = table.page.total - len(table.page.rows)
    if not missing:
        return shown
    return join(shown, element("p", f"{write_count(missing, 'row')} left out.", class_="bad"))


def _show_rows(part: ReportPlot | ProductSection, title: str, table: ReportTable) -> Html:
    match part:
        case TrendPlot():
            return _place_trend(part)
        case EffectsPlot():
            return show_effects(part, table)
        case ProductSection(show="line"):
            return _place_trend(_plot_of(part, table))
        case ProductSection(show="bars"):
            return show_bars(part, table)
        case ProductSection(show="figures"):
            return show_figures(table)
    return show_table(title, table)


def _plot_of(section: ProductSection, table: ReportTable) -> TrendPlot:
    """A line of the page as a plot: where a date has several rows, one of each group is chosen."""
    assert section.x is not None
    dates = table.values(section.x)
    groups = tuple(name for name in table.shown.filters if name != section.x)
    return TrendPlot(
        table=section.table,
        title=section.title,
        x=section.x,
        measures=section.y,
        choose=groups if len(set(dates)) < len(dates) else (),
    )


def _place_trend(plot: TrendPlot) -> Html:
    """What the script draws the plot from."""
    declared = msgspec.json.encode(plot).decode()
    reading = "The plot needs scripts; its figures are in the tables of this page."
    return element("div", element("noscript", element("p", reading)), data_trend=declared)
