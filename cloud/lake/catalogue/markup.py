"""HTML and SVG as text: whatever is not `Html` is escaped, so no content becomes markup."""

import base64
import hashlib
import re
from html import escape
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
BRAND: Final = "Onlooker data catalogue"
NAVIGATION: Final = (("Tables", "index.html"), ("Personal data", "data-subjects.html"))
"""Titles of pages that every page links to, and their addresses."""
VOID: Final = ("input", "link", "meta")
"""Elements without content and end tag."""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child = Html | str | int | None
Attribute = str | int | bool | None


def text(value: str) -> Html:
    """The text as it is shown: markup is escaped, and characters that cannot be seen are named."""
    if value.isprintable():
        return Html(escape(value))
    shown = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in value)
    return Html(escape(shown))


def element(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """One element; `class_` is `class`, `aria_label` is `aria-label`, None and False are left out.

    Attribute names are parts of the program: only their values are escaped.
    """
    parts = "".join(
        _write_attribute(name.rstrip("_").replace("_", "-"), value)
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in VOID:
        return Html(f"<{tag}{parts}>")
    return Html(f"<{tag}{parts}>{join(*children)}</{tag}>")


def name(value: str) -> Html:
    """A name with underscores, which may be broken after each of them."""
    return Html(re.sub(r"([._])(?=.)", r"\1<wbr>", text(value)))


def join(*children: Child) -> Html:
    """The children one after the other; None is left out."""
    return Html("".join(_write_child(child) for child in children if child is not None))


def page(title: str, *content: Child, script: str = "") -> str:
    """A whole document that requests nothing: its style and script are within it.

    The policy admits exactly this style and this script, by their hashes.
    """
    navigation = element(
        "nav",
        *(
            element("a", label, href=href, aria_current="page" if label == title else None)
            for label, href in NAVIGATION
        ),
        aria_label="Catalogue",
    )
    header = join(element("span", BRAND, class_="brand"), navigation)
    return document(f"{title} · {BRAND}", header, *content, style=read_style(), script=script)


def read_style() -> str:
    """The style of the catalogue."""
    return (STATIC / "catalogue.css").read_text()


def document(title: str, header: Child, *content: Child, style: str, script: str = "") -> str:
    """A document with this header and content; see `page`."""
    policy = f"default-src 'none'; style-src '{_hash(style)}'" + (
        f"; script-src '{_hash(script)}'" if script else ""
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("title", title),
        element("style", Html(style)),
    )
    body = element(
        "body",
        element("a", "Skip to the content", href="#content", class_="skip"),
        element("header", header),
        element("main", *content, id="content"),
        element("script", Html(script)) if script else None,
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _write_attribute(name: str, value: str | int) -> str:
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'


def _write_child(child: Html | str | int) -> str:
    return child if isinstance(child, Html) else text(str(child))


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
