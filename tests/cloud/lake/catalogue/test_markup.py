"""Text never becomes markup, and a page admits its own style and script only."""

import base64
import hashlib

import pytest

from cloud.lake.catalogue.markup import Html, element, join, name, page, text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;"),
        ("a\x00b\nc", "a\\u0000b\\u000ac"),
        ("\u202egnp.exe", "\\u202egnp.exe"),  # would be shown in reverse
        ("Fläche 12 €", "Fläche 12 €"),
    ],
)
def test_text_is_escaped(value, shown):
    assert text(value) == shown


def test_children_and_attributes_are_escaped_and_markup_is_not():
    made = element("td", "<i>", Html("<b>x</b>"), 7, None, class_='"><script>', hidden=False)
    assert made == '<td class="&quot;&gt;&lt;script&gt;">&lt;i&gt;<b>x</b>7</td>'
    assert join("<", Html("<br>")) == "&lt;<br>"


def test_names_may_be_broken_after_separators():
    assert name("raw.audience_reports") == "raw.<wbr>audience_<wbr>reports"
    assert name("_<x>_") == "_<wbr>&lt;x&gt;_"


def test_the_policy_has_the_hashes_of_the_style_and_the_script():
    made = page("x", script="alert(1)")
    digest = base64.b64encode(hashlib.sha256(b"alert(1)").digest()).decode()
    assert f"script-src &#x27;sha256-{digest}&#x27;" in made
    assert "default-src &#x27;none&#x27;" in made
    assert "script-src" not in page("x")
