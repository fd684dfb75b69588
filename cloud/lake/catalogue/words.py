"""Figures, times, tables and sections as the pages write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cloud.lake.catalogue.markup import Child, Html, element, join


@dataclass(frozen=True, slots=True)
class PageSection:
    """A part of a page with a heading, to which the page links."""

    title: str
    content: Html

    @property
    def anchor(self) -> str:
        """Its id in the page."""
        return self.title.lower().replace(" ", "-")


UNITS: Final = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def write_bytes(size: int) -> str:
    """Such as 1.2 MB, in decimal units."""
    for factor, unit in UNITS:
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size:,} bytes"


def write_time(at: datetime) -> str:
    """To the minute, UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def write_age(age: timedelta) -> str:
    """In the largest unit of which there are two or more."""
    minutes = max(age // timedelta(minutes=1), 0)
    for factor, unit in ((1_440, "days"), (60, "hours")):
        if minutes >= 2 * factor:
            return f"{minutes // factor:,} {unit}"
    return f"{minutes} minutes"


def write_count(number: int, noun: str) -> str:
    """A number and its noun, in the plural except for 1."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def definitions(*pairs: tuple[str, Child]) -> Html:
    """Terms with their values, as a grid."""
    return element(
        "dl",
        *(element("div", element("dt", term), element("dd", value)) for term, value in pairs),
    )


def show_sections(sections: Sequence[PageSection]) -> Html:
    """Links to the sections, and the sections."""
    links = (element("a", one.title, href=f"#{one.anchor}") for one in sections)
    return join(
        element("nav", *links, class_="contents", aria_label="On this page"),
        *(
            element("section", element("h2", one.title, id=one.anchor), one.content,
                    aria_labelledby=one.anchor)
            for one in sections
        ),
    )  # fmt: skip


def grid(
    name: str, heads: Sequence[str], rows: Sequence[Html], numbers: Sequence[str] = ()
) -> Html:
    """A table that scrolls sideways where it is too wide; `numbers` are heads of figures."""
    return grouped_grid(name, heads, [element("tbody", *rows)], numbers)


def grouped_grid(
    name: str, heads: Sequence[str], groups: Sequence[Html], numbers: Sequence[str] = ()
) -> Html:
    """The same, of rows in several `tbody`."""
    head = element(
        "tr",
        *(
            element("th", one, scope="col", class_="number" if one in numbers else None)
            for one in heads
        ),
    )
    table = element("table", element("thead", head), *groups, aria_label=name)
    return element("div", table, class_="scroll", tabindex=0, role="region", aria_label=name)


def number(value: Child, emphasis: str = "") -> Html:
    """A cell with a figure; `emphasis` is a further class of it."""
    shown = f"{value:,}" if isinstance(value, int) else value
    return element("td", shown, class_=f"number {emphasis}".strip())
