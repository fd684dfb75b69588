"""The pages in a real browser: what they draw, what they fetch, and their error messages."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi import FastAPI

from cloud import database
from cloud.api.application import create_app
from cloud.app.context import AppContext
from tests.accessibility import find_violations, set_view
from tests.browser import Browser, Page
from tests.cloud.databases import create_tables
from tests.cloud.rates import CARD, sites
from wire.clock import utc_now


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


@pytest.mark.parametrize(
    ("path", "drawn"),
    [
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
