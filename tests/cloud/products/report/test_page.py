"""The report of procurement, as text and in Chromium, wide and narrow."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from cloud.products.answers import TablePage
from cloud.products.definitions.product import list_products
from cloud.products.report.contents import ReportContents, ReportTable
from cloud.products.report.page import build_report
from tests.accessibility import VIEWS, find_violations, set_view
from tests.browser import Browser, Page
from tests.cloud.products.report.small_report import NOW, ROWS, new_contents

BODIES = "[...document.querySelectorAll('tbody')].map((one) => one.outerHTML)"
TREND = "document.querySelector('[data-trend]')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("report")
    path: Path = folder / "report.html"
    path.write_text(build_report(new_contents()))
    browser = Browser(folder / "browser")
    with browser.page() as page:
        page.open(path.as_uri())
        page.until("document.readyState === 'complete' && !!document.querySelector('output')")
        yield page
    browser.stop()


def choose(page: Page, number: int, value: str) -> None:
    page.value(f"{{const one = {TREND}.querySelectorAll('select')[{number}]; one.value = "
               f"'{value}'; one.dispatchEvent(new Event('change'));}}")  # fmt: skip


def read_point(page: Page, number: int) -> str:
    page.value(f"{{const one = {TREND}.querySelector('input'); one.value = {number}; "
               "one.dispatchEvent(new Event('input'));}")  # fmt: skip
    text: str = page.value(f"{TREND}.querySelector('output').textContent")
    return text


def test_the_state_of_the_data_is_at_the_top():
    shown = re.sub(r"<[^>]*>", " ", build_report(new_contents(failure="gate x")))
    words = " ".join(shown.split())
    for expected in ("Owner procurement-data", "Results changed 2026-11-19 00:00 UTC",
                     "Age of the last run 27 hours", "the results are those of before it: gate x",
                     "it is no proof of the cause"):  # fmt: skip
        assert expected in words, expected


def test_a_result_that_is_empty_or_was_never_computed_says_so():
    report = build_report(new_contents({"procurement_changes": []}))
    assert "No rows." in report
    assert "Not computed yet: run `python -m cloud products run procurement`." in report


def test_the_page_is_accessible_fits_the_window_and_requests_nothing(page: Page):
    for width, scheme in (*VIEWS, (320, "dark")):
        set_view(page, width, scheme)
        if width != 320:
            assert find_violations(page) == []
        assert page.value("document.documentElement.scrollWidth") <= width
    assert (page.faults, page.refused, len(page.fetched)) == ([], [], 1)
    assert page.value("document.querySelectorAll('main img, main b').length") == 0


def test_the_script_writes_rows_as_the_markup_has_them(page: Page):
    drawn = [unescape(one) for one in page.value(BODIES)]
    written = re.findall(r"<tbody>.*?</tbody>", build_report(new_contents()))
    assert drawn == [unescape(one) for one in written]
    assert sum(one.count("<tr>") for one in drawn) == sum(map(len, ROWS.values()))


def test_the_plot_shows_the_change_of_the_chosen_vendor(page: Page):
    assert page.value(f"{TREND}.querySelectorAll('line.change').length") == 1
    assert "From 2026-03-20 the mean changed from 20.0 to 61.0." in page.text()
    assert read_point(page, 0) == "2026-01: To payment 20.0, orders: 10"
    assert read_point(page, 4) == "2026-05: To payment no data"
    assert page.value(f"{TREND}.querySelector('path.trend').getAttribute('d')").count("M") == 2
    choose(page, 1, "")
    assert read_point(page, 5) == "2026-06: To payment 33.0, orders: 44"
    assert page.value(f"{TREND}.querySelectorAll('line.change').length") == 0
    choose(page, 0, "goods_milli")
    choose(page, 1, "V17")
    assert read_point(page, 0) == "2026-01: To goods no data"


def test_tables_are_sorted_and_searched(page: Page):
    names = (
        "[...document.querySelectorAll('[data-table=procurement_peers] tbody th')]"
        ".map((one) => one.textContent)"
    )
    button = "document.querySelectorAll('[data-table=procurement_peers] thead button')"
    page.value(f"{button}[3].click()")
    assert page.value(names) == ["V3", "V17"]
    assert page.value(f"{button}[3].parentElement.ariaSort") == "descending"
    page.value(f"{button}[6].click()")
    assert page.value(names) == ["V17", "V3"]  # no data is last, in both directions
    page.value(f"{button}[6].click()")
    assert page.value(names) == ["V17", "V3"]
    page.value("{const one = document.querySelector('[data-table=procurement_peers] input'); "
               "one.value = 'vendor 3'; one.dispatchEvent(new Event('input'));}")  # fmt: skip
    assert page.value(names) == ["V3"]


@pytest.mark.parametrize("product", list_products(), ids=lambda one: one.name)
def test_every_product_has_a_report(product):
    tables = {
        shown.table: ReportTable(shown, TablePage([(None,) * len(shown.columns)], 3, NOW))
        for shown in product.file.shows
    }
    report = build_report(ReportContents(product, tables, None, NOW))
    assert f"<h1>{product.file.title}</h1>" in report
    assert ("declares no page" in report) == (not product.file.page)
    assert report.count("2 rows left out") == len([*product.file.report, *product.file.page])
