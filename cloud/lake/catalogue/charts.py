"""Small charts as inline SVG: each has a name for screen readers, each bar a title."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cloud.lake.catalogue.markup import Html, element, join

BAR_WIDTH: Final = 9
SMALL_HEIGHT: Final = 34
CHART_WIDTH, CHART_HEIGHT = 420, 96
MIN_DAYS, MAX_DAYS = 14, 120
"""Days of a chart, up to the newest; at the most a bar is still three pixels wide."""
NODE_HEIGHT, NODE_GAP = 28, 10
CHARACTER_WIDTH: Final = 7.0
"""Of the widest usual font at 12 pixels, on average."""
COLUMN_GAP: Final = 44
HEADING_HEIGHT: Final = 22


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar; without a value there is none, which differs from a bar of height 0."""

    label: str
    value: int | None


def draw_histogram(bars: Sequence[Bar], name: str) -> Html:
    """Bars side by side, the tallest as tall as the drawing."""
    width = len(bars) * BAR_WIDTH
    return element(
        "svg", *_draw_bars(bars, BAR_WIDTH, SMALL_HEIGHT), _draw_axis(width, SMALL_HEIGHT),
        role="img", aria_label=name, width=width, height=SMALL_HEIGHT + 1,
        viewBox=f"0 0 {width} {SMALL_HEIGHT + 1}",
    )  # fmt: skip


def draw_days(values: Sequence[tuple[date, int]], name: str, unit: str) -> Html:
    """A bar for each calendar day up to the last; a day without data has none."""
    by_day = dict(values)
    last = values[-1][0]
    oldest, latest = (last - timedelta(days=days - 1) for days in (MAX_DAYS, MIN_DAYS))
    first = min(max(values[0][0], oldest), latest)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    bars = [Bar(f"{day}: {_write_value(by_day.get(day), unit)}", by_day.get(day)) for day in days]
    width = CHART_WIDTH / len(bars)
    greatest = max(value for _, value in values)
    drawing = element(
        "svg", *_draw_bars(bars, width, CHART_HEIGHT, top=20), _draw_axis(CHART_WIDTH, 116),
        element("text", f"most {_write_value(greatest, unit)}", x=0, y=13, class_="quiet"),
        element("text", str(first), x=0, y=132, class_="quiet"),
        element("text", str(last), x=CHART_WIDTH, y=132, class_="quiet", text_anchor="end"),
        role="img", aria_label=f"{name}, {first} to {last}, at most {_write_value(greatest, unit)}",
        class_="wide", viewBox=f"0 0 {CHART_WIDTH} 138",
    )  # fmt: skip
    return element("figure", element("figcaption", name), drawing)


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a table is drawn."""

    label: str
    x: int
    y: int
    width: int


def draw_lineage(
    columns: Sequence[Sequence[str]],
    edges: Sequence[tuple[str, str]],
    name: str,
    *,
    this: str = "",
    headings: Sequence[str] = (),
) -> Html:
    """Tables as boxes in columns from left to right, and an arrow from each source.

    A box of a column with a heading has the name of its table without what precedes the point.
    """
    boxes = _place_boxes(columns, headings)
    width = 2 + max(box.x + box.width for box in boxes.values())
    height = NODE_GAP + max(box.y for box in boxes.values()) + NODE_HEIGHT
    drawing = element(
        "svg",
        *(
            element("text", heading, x=boxes[column[0]].x, y=16, class_="quiet")
            for heading, column in zip(headings, columns, strict=False)
        ),
        *(_draw_edge(boxes[source], boxes[target]) for source, target in edges),
        *(_draw_node(box, table == this) for table, box in boxes.items()),
        role="img", aria_label=name, width=width, height=height, viewBox=f"0 0 {width} {height}",
    )  # fmt: skip
    return element("div", drawing, class_="scroll", tabindex=0, role="region", aria_label=name)


def _place_boxes(columns: Sequence[Sequence[str]], headings: Sequence[str]) -> dict[str, _Box]:
    row = NODE_HEIGHT + NODE_GAP
    tallest = max(len(column) for column in columns)
    boxes: dict[str, _Box] = {}
    x = 12
    for column in columns:
        labels = [table.partition(".")[2] if headings else table for table in column]
        width = round(max(map(len, labels)) * CHARACTER_WIDTH) + 20
        free = 0 if headings else (tallest - len(column)) * row // 2
        top = NODE_GAP + (HEADING_HEIGHT if headings else 0) + free
        placed = enumerate(zip(column, labels, strict=True))
        boxes |= {table: _Box(label, x, top + at * row, width) for at, (table, label) in placed}
        x += width + COLUMN_GAP
    return boxes


def _draw_bars(
    bars: Sequence[Bar], width: float, height: int, *, top: int = 0
) -> list[Html | None]:
    greatest = max((bar.value or 0 for bar in bars), default=0) or 1
    drawn: list[Html | None] = []
    for at, bar in enumerate(bars):
        if bar.value is None:
            continue
        tall = max(bar.value * height // greatest, 1 if bar.value else 0)
        drawn.append(
            element(
                "rect", element("title", bar.label), class_="bar", x=f"{at * width:.1f}",
                y=top + height - tall, width=f"{max(width - 1, 1):.1f}", height=tall,
            )
        )  # fmt: skip
    return drawn


def _draw_axis(width: int, y: int) -> Html:
    return element("line", x1=0, x2=width, y1=y, y2=y, class_="axis")


def _draw_node(box: _Box, is_this: bool) -> Html:
    emphasis = "this" if is_this else ""
    return join(
        element(
            "rect", x=box.x, y=box.y, width=box.width, height=NODE_HEIGHT, rx=6,
            class_=f"node {emphasis}".strip(),
        ),
        element("text", box.label, x=box.x + 10, y=box.y + 19, class_=emphasis or None),
    )  # fmt: skip


def _draw_edge(source: _Box, target: _Box) -> Html:
    x1, x2 = source.x + source.width, target.x
    y1, y2 = source.y + NODE_HEIGHT // 2, target.y + NODE_HEIGHT // 2
    if source.x == target.x:  # of one zone: around the right side
        bow = x1 + COLUMN_GAP // 2
        line = f"M{x1} {y1}C{bow} {y1} {bow} {y2} {x1 + 7} {y2}"
        tip = f"M{x1} {y2}l8 -4v8z"
    else:
        middle = (x1 + x2) // 2
        line = f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2 - 7} {y2}"
        tip = f"M{x2} {y2}l-8 -4v8z"
    return join(element("path", d=line, class_="edge"), element("path", d=tip, class_="arrow"))


def _write_value(value: int | None, unit: str) -> str:
    return "no data" if value is None else f"{value:,} {unit}"
