"""In a real browser: a user sets a password by the link of a mail, signs in, and sees prices."""

from collections.abc import Iterator

import pytest

from tests.accessibility import find_violations, set_view
from tests.browser import Browser, Page
from tests.cloud.api.accounts.conftest import Office
from tests.cloud.api.test_page_browser import served

FILL = "document.getElementById('{}').value = '{}'"
PRESS = "document.querySelector('form:not([hidden]) button').click()"


@pytest.fixture
def page(tmp_path) -> Iterator[Page]:
    browser = Browser(tmp_path / "browser")
    with browser.page() as page:
        yield page
    browser.stop()


def submit(page: Page, **fields: str) -> None:
    page.until("document.querySelector('form:not([hidden])')")
    for name, value in fields.items():
        page.value(FILL.format(name, value))
    page.value(PRESS)


def test_a_user_gets_in_by_a_link_and_a_password(page: Page, office: Office):
    with served(office.app) as address:
        set_view(page, 375, "light")
        page.open(f"{address}/password")
        submit(page, email=office.buyer.email)
        page.until("document.body.textContent.includes('on its way')")
        assert find_violations(page) == []
        page.open(f"{address}/password#{office.token_of_last_mail()}")
        submit(page, password="seven green bottles")
        page.until("document.body.textContent.includes('The password is set')")
        assert page.value("location.hash") == ""

        page.open(f"{address}/sign-in")
        page.until("!document.getElementById('with-mail').hidden")
        assert find_violations(page) == []
        submit(page, email=office.buyer.email, password="wrong horse battery")
        page.until("document.body.textContent.includes('is not right')")
        submit(page, email=office.buyer.email, password="seven green bottles")
        page.until("location.pathname === '/'")
        assert page.value("document.cookie") == ""
        page.open(f"{address}/prices?location=KX-01&day=2026-11-23")
        page.until("document.querySelectorAll('#hours tr').length")
        assert page.value("document.getElementById('unlock').hidden")
