"""Tables of a report: the first rows as markup, all rows as data that the script sorts."""

import json
from collections.abc import Sequence
from typing import Any, Final

from cloud.lake.catalogue.markup import Html, element, join
from cloud.lake.catalogue.words import definitions, grid
from cloud.products.definitions.product import ShownColumn
from cloud.products.report.contents import ReportTable
from cloud.products.report.values import encode, is_figure, write_value

FIRST_ROWS: Final = 50


def show_figures(table: ReportTable) -> Html:
    """The columns of the first row, each with its title."""
    columns, row = table.shown.columns, table.page.rows[0]
    return definitions(
        *((one.title, write_value(value, one.unit))
          for one, value in zip(columns, row, strict=True))
    )  # fmt: skip


def show_table(title: str, table: ReportTable) -> Html:
    """The first rows, and the place of what the script adds: a search, sorting, further rows."""
    columns, rows = table.shown.columns, table.page.rows[:FIRST_ROWS]
    shown = grid(
        title,
        [one.title for one in columns],
        [_show_row(columns, row) for row in rows],
        [one.title for one in columns if is_figure(one.unit)],
    )
    count = f"{len(rows):,} of {table.page.total:,} rows"
    return element(
        "div", element("p", table.shown.description), shown, element("p", count, class_="quiet"),
        data_table=table.shown.table,
    )  # fmt: skip


def embed_rows(table: ReportTable) -> Html:
    """All rows as a block of data; no text in it ends the block."""
    columns = [
        {"name": one.name, "title": one.title, "kind": one.unit.kind, "currency": one.unit.currency}
        for one in table.shown.columns
    ]
    rows = [[encode(value) for value in row] for row in table.page.rows]
    content = {"columns": columns, "rows": rows, "total": table.page.total}
    return element(
        "script", write_json(content), type="application/json", data_rows=table.shown.table
    )


def write_json(content: Any) -> Html:
    """JSON that is inert within a script element: no `<` in it."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=True)
    return Html(text.replace("<", "\\u003c"))


def _show_row(columns: Sequence[ShownColumn], row: Sequence[Any]) -> Html:
    cells = (_show_cell(*one, at == 0) for at, one in enumerate(zip(columns, row, strict=True)))
    return element("tr", join(*cells))


def _show_cell(column: ShownColumn, value: Any, is_header: bool) -> Html:
    names = (
        "number" if is_figure(column.unit) else None,
        "date" if column.unit.kind in ("date", "month") else None,
        "quiet" if value is None else None,
    )
    shown = write_value(value, column.unit)
    class_ = " ".join(filter(None, names)) or None
    if is_header:
        return element("th", shown, scope="row", class_=class_)
    return element("td", shown, class_=class_)
