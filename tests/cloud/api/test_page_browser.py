"""The pages in a real browser: what they draw, what they fetch, and their error messages."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from cloud import database
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from tests.accessibility import VIEWS, find_violations, set_view
from tests.browser import Browser, Page
from tests.cloud.databases import create_tables
from tests.cloud.rates import CARD, sites
from wire.clock import utc_now

ROWS = """[...document.querySelectorAll('#hours tr')].map(
    (row) => [...row.children].map((cell) => cell.textContent))"""
POINTS = "document.querySelector('#day-chart .{}').getAttribute('points')"


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppContext]:
    """Over an empty database: nothing has been measured, everything has a price."""
    engine = database.connect(f"sqlite:///{tmp_path_factory.mktemp('pages')}/onlooker.db")
    create_tables(engine)
    yield AppContext(engine, sites(), CARD, utc_now)
    engine.dispose()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.page() as page:
        yield page


@pytest.fixture(scope="module")
def address(context: AppContext) -> Iterator[str]:
    with served(create_app(context)) as address:
        yield address


@pytest.fixture(scope="module")
def locked(context: AppContext) -> Iterator[str]:
    with served(create_app(context, quota=Quota())) as address:
        yield address


def pounds(text: str) -> list[Decimal]:
    return [Decimal(one.replace(",", "")) for one in re.findall(r"£([\d,.]+)", text)]


def points(page: Page, of: str) -> list[tuple[float, float]]:
    pairs = [one.split(",") for one in page.value(POINTS.format(of)).split()]
    return [(float(x), float(y)) for x, y in pairs]


def unlock(page: Page, key: str) -> None:
    page.until("!document.getElementById('unlock').hidden")
    page.value(f"document.getElementById('key').value = '{key}'")
    page.value("window.before = true")
    page.value("document.querySelector('#unlock button').click()")
    page.until("window.before === undefined")


def test_the_prices_of_a_day_are_drawn_within_their_band(page: Page, address: str):
    day = utc_now().date() + timedelta(days=7 - utc_now().weekday())  # no clock changes on a Monday
    page.open(f"{address}/prices?location=KX-01&day={day}")
    page.until("document.querySelectorAll('#hours tr').length")
    rows = page.value(ROWS)
    slots = [{"location": "KX-01", "time_slot": f"{day}T{row[0][:5]}"} for row in rows]
    answers = httpx.post(f"{address}/api/pricing/batch", json={"slots": slots}).json()["answers"]
    prices = [one["price"] for one in answers]

    assert len(rows) == 24
    for (_, price, band, _, _), answer in zip(rows, prices, strict=True):
        low, high = pounds(band)
        assert pounds(price) == [Decimal(answer["price"])]
        assert (low, high) == (Decimal(answer["price_p10"]), Decimal(answer["price_p90"]))
        assert low <= pounds(price)[0] <= high
    line, band = points(page, "price"), points(page, "band")
    assert (len(line), len(band)) == (48, 96)
    highs, lows = band[:48], band[:47:-1]
    for (x, y), (at_high, high), (at_low, low) in zip(line, highs, lows, strict=True):
        assert x == at_high == at_low
        assert high <= y <= low  # the picture grows downwards
    assert max(low - high for (_, high), (_, low) in zip(highs, lows, strict=True)) > 10
    dearest = max(prices, key=lambda one: one["price_minor"])
    title = page.value("document.getElementById('hour-title').textContent")
    assert title.endswith(f" factors = £{dearest['price']}")
    assert "Rate card reference-2" in page.text()


@pytest.mark.parametrize(
    ("path", "drawn"),
    [
        ("/prices", "document.querySelectorAll('#hours tr').length"),
        ("/status", "document.querySelectorAll('#figures dd').length"),
        ("/docs", "document.body.textContent.includes('/api/pricing/plans')"),
    ],
)  # fmt: skip
def test_no_page_has_a_fault_or_fetches_from_elsewhere(page: Page, address, path: str, drawn: str):
    page.open(address + path)
    page.until(drawn)

    assert page.faults == page.refused == []
    assert len(page.fetched) > 3
    assert [one for one in page.fetched if not one.startswith((address, "data:"))] == []


@pytest.mark.parametrize(
    ("path", "drawn"),
    [
        ("/prices", "document.querySelectorAll('#hours tr').length"),
    ],
)
def test_a_wrong_key_is_refused_in_words_and_the_right_one_opens(
    page: Page, locked: str, context: AppContext, path: str, drawn: str
):
    page.open(locked + path)
    for wrong in ("onl_000000000000_nobody", "Schlüssel"):
        unlock(page, wrong)
        message = page.until("document.getElementById('unlock-refusal').textContent")
        assert "This key does not open the page" in message
        assert page.value(drawn) == 0
    unlock(page, create_key(context.engine, Role.SALES, "a test", by="me", now=utc_now()))
    page.until(drawn)

    assert page.value("document.getElementById('refusal').textContent") == ""
    assert page.value("document.getElementById('unlock').hidden")
    assert page.faults == []


def test_a_place_that_is_not_there_is_refused_in_words(page: Page, address: str):
    page.open(f"{address}/prices?location=XX-99")
    assert page.until("document.getElementById('refusal').textContent")
    assert page.faults == []


@pytest.mark.parametrize("path", ["/prices"])
def test_without_a_key_there_is_a_sign_in_and_nothing_for_administrators(
    page: Page, locked: str, context: AppContext, path: str
):
    page.open(locked + path)
    page.until("!document.getElementById('unlock').hidden")
    text = page.text()

    assert "Sign in" in text
    assert find_violations(page) == []
    for word in ("keys create", "python", "X-API-Key", "Based on", "Screens"):
        assert word not in text
    key = create_key(context.engine, Role.SALES, "a test", by="me", now=utc_now())
    unlock(page, key)
    page.until("document.querySelectorAll('#reasons li').length")
    assert page.value("sessionStorage.getItem('key')") == key
    assert page.value("localStorage.length") == 0
    assert page.value("document.cookie") == ""
    assert all(key not in one for one in [*page.fetched, page.value("location.href")])


SMALLEST = """Math.min(...[...document.querySelectorAll('.chart text')].map((text) => {
    const chart = text.closest('svg');
    const scale = chart.getBoundingClientRect().width / chart.viewBox.baseVal.width;
    return parseFloat(getComputedStyle(text).fontSize) * scale;
}))"""
OVERLAPS = """[...document.querySelectorAll('.chart')].flatMap((chart) => {
    const boxes = [...chart.querySelectorAll('text')].map(
        (text) => [text.textContent, text.getBoundingClientRect()]);
    return boxes.flatMap(([word, a], at) => boxes.slice(at + 1).filter(([, b]) =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3
    ).map(([other]) => `${word} over ${other}`));
})"""


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
@pytest.mark.parametrize("path", ["/prices"])
def test_charts_can_be_read_on_a_telephone_and_by_everyone(
    page: Page, address: str, path: str, width: int, scheme: str
):
    set_view(page, width, scheme)
    page.open(address + path)
    page.until("document.querySelectorAll('#reasons li').length")
    page.until("document.querySelectorAll('.chart text').length > 5")

    assert page.value(SMALLEST) >= 11
    assert page.value(OVERLAPS) == []
    assert find_violations(page) == []
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.faults == []


@pytest.mark.parametrize("path", ["/docs", "/status"])
def test_the_other_pages_fit_on_a_telephone_too(page: Page, address: str, path: str):
    set_view(page, 375, "light")
    page.open(address + path)
    page.until("document.querySelectorAll('table, #figures dd').length")
    assert page.value("document.documentElement.scrollWidth") <= 375
    if path != "/docs":
        assert find_violations(page) == []


def test_the_status_page_shows_words(page: Page, address: str):
    page.open(f"{address}/status")
    page.until("document.querySelectorAll('#figures dd').length")
    assert "Ready" in page.text()
    assert "{" not in page.text()


def test_hours_that_have_begun_are_marked_on_the_price_page(page: Page, address: str):
    day = utc_now().date() - timedelta(days=1)
    page.open(f"{address}/prices?location=KX-01&day={day}")
    page.until("document.querySelectorAll('#hours tr').length")
    rows = page.value(ROWS)
    assert {row[-1] for row in rows} == {"past"}
