"""The pages of a small lake, as text and in Chromium, wide and narrow."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from cloud.lake.catalogue.page_folder import open_page_folder
from cloud.lake.catalogue.write import DATA_SUBJECTS, EVENTS, INDEX, write_catalogue
from cloud.lake.registry import all_tables, find_table
from tests.accessibility import VIEWS, find_violations, set_view
from tests.browser import Browser, Page
from tests.cloud.lake.catalogue.small_lake import WRITTEN, open_small_lake

TRUSTED = "trusted.audience_reports.html"
KINDS = {
    INDEX: "form",
    "trusted.audience_sensors.html": "#contract",
    "curated.audience_demographics_hourly.html": ".empty",
    DATA_SUBJECTS: "ol",
}
"""A page of each kind, one without rows among them, and the selector of an element of it."""


class Elements(HTMLParser):
    """The tags and attributes of a page, and whether each element is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "wbr"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def values(self, tag: str, attribute: str) -> list[str | None]:
        return [named[attribute] for one, named in self.found if one == tag and attribute in named]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogue") / "pages"
    with open_small_lake() as lake:
        pages = write_catalogue(lake, open_page_folder(str(folder)), now=WRITTEN)
    assert pages == len(all_tables()) + 2
    return folder


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*.html")}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.stop()


def test_there_is_a_page_for_each_table_and_nothing_else(folder: Path, pages):
    assert set(pages) == {INDEX, DATA_SUBJECTS, *(f"{one.full_name}.html" for one in all_tables())}
    assert {path.name for path in folder.iterdir()} == {*pages, EVENTS}


def test_every_page_has_landmarks_one_title_headings_in_order_and_links_that_lead_somewhere(
    folder: Path, pages
):
    for name, page in pages.items():
        elements = Elements(page)
        tags = [tag for tag, _ in elements.found]
        levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
        assert [tags.count(tag) for tag in ("h1", "main", "header")] == [1] * 3
        labels = elements.values("nav", "aria-label")
        assert labels == ["Catalogue", "On this page"][: tags.count("nav")]
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert elements.values("html", "lang") == ["en"]
        assert all(elements.values("svg", "aria-label")), name
        links = {link for link in elements.values("a", "href") if link and link[0] != "#"}
        assert {link for link in links if not (folder / link).exists()} == set()
        anchors = {link[1:] for link in elements.values("a", "href") if link and link[0] == "#"}
        assert anchors <= {found for tag in ("main", "h2") for found in elements.values(tag, "id")}


def test_hostile_content_is_shown_as_text(pages):
    for name, page in pages.items():
        tags = [tag for tag, _ in Elements(page).found]
        assert tags.count("script") == (1 if name == INDEX else 0)
        assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[TRUSTED]


def test_the_page_of_a_table_has_its_figures(pages):
    shown = re.sub(r"<[^>]*>", " ", pages[TRUSTED].replace("<wbr>", ""))
    words = " ".join(shown.split())
    for expected in (
        "Rows 4 Files 2,", "Age 27 hours: late, expected within 26 hours",
        "Owner audience-data", "Retention 455 days", "location_format", "failed 3 1",
        "Not promoted to this table: 1 row.", "found location",
        "Used to compute trusted.audience_demographics",
    ):  # fmt: skip
        assert expected in words, expected
    assert (
        "Under legal hold, not deleted: 2026-11-01 to 2026-11-02"
        in pages["raw.audience_reports.html"]
    )


def test_the_same_lake_gives_the_same_pages(folder: Path):
    with open_small_lake() as lake:
        again = folder.parent / "again"
        write_catalogue(
            lake, open_page_folder(str(again)), now=WRITTEN, tables=[find_table(TRUSTED[:-5])]
        )
    for name in (TRUSTED, EVENTS):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_the_page_on_personal_data_lists_all_columns_of_text(pages):
    rows = re.findall(r'<th scope="row">(.*?)</th>', pages[DATA_SUBJECTS])
    shown = {row.replace("<wbr>", "") for row in rows}
    expected = {
        column.name
        for table in all_tables()
        for column in table.columns
        if str(column.type) == "string"
    }
    assert expected <= shown
    assert "Run lake expire" in pages[DATA_SUBJECTS]


def test_events_are_one_json_object_a_line(folder: Path):
    lines = (folder / EVENTS).read_text().splitlines()
    assert [json.loads(line)["eventType"] for line in lines] == ["START", "COMPLETE"] * 2


def wait_for(page: Page, selector: str) -> None:
    page.until(f"document.readyState === 'complete' && !!document.querySelector('{selector}')")


def test_what_is_not_accessible_is_found(browser: Browser):
    with browser.page() as page:
        page.open("data:text/html,<html lang=en><title>t</title><p style='color:silver'>pale<img>")
        wait_for(page, "img")
        found = {violation.partition(":")[0] for violation in find_violations(page)}
        assert found == {"color-contrast", "image-alt"}


@pytest.mark.parametrize("name", KINDS)
def test_pages_are_accessible_fit_the_window_and_request_nothing(
    browser: Browser, folder: Path, name: str
):
    with browser.page() as page:
        page.open((folder / name).as_uri())
        wait_for(page, KINDS[name])
        for width, scheme in VIEWS:
            set_view(page, width, scheme)
            assert find_violations(page) == []
            assert page.value("document.documentElement.scrollWidth") <= width
        assert (page.faults, page.refused) == ([], [])
        assert page.fetched == [(folder / name).as_uri()]


def test_the_search_finds_tables_by_name_and_column(browser: Browser, folder: Path):
    with browser.page() as page:
        page.open((folder / INDEX).as_uri())
        page.until("document.getElementById('found')?.textContent")
        assert page.value("document.querySelector('label').control.id") == "search"
        for typed, found in (("rank_worst", 1), ("TRUSTED lux", 1), ("nothing like it", 0)):
            page.value(
                "{const field = document.getElementById('search'); "
                f"field.value = {json.dumps(typed)}; field.dispatchEvent(new Event('input'));}}"
            )
            shown = page.value("[...document.querySelectorAll('tr[data-search]')]"
                               ".filter((row) => row.offsetHeight).length")  # fmt: skip
            assert shown == found
            assert page.value("document.getElementById('found').textContent") == (
                f"{found} of {len(all_tables())} tables"
            )
