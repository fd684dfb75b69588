"""The link of a mail: opening it changes nothing, one POST without a session turns mails off."""

from base64 import b64encode
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from cloud.database import writing
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.mail import write_html
from cloud.notifications.message import NoticeMessage
from cloud.notifications.preference_store import ensure_preferences
from cloud.notifications.unsubscribe import make_token
from cloud.portal.content import Bundle, BundleFile
from tests.accessibility import VIEWS, find_violations, set_view
from tests.browser import Browser, Page
from tests.cloud.api.notifications.notice_api import NoticeApi
from tests.cloud.api.test_page_browser import served
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.notifications.messages import HOSTILE, claimed, item

PAGE = "/unsubscribe"
OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def token_of(api: NoticeApi, scope: str = "hold_expiring") -> str:
    with writing(api.context.engine) as connection:
        stored = ensure_preferences(connection, api.ann.id, FRIDAY_NOON)
    return make_token(api.ann.id, scope, stored.unsubscribe_secret)


def mode(api: NoticeApi, kind: NoticeTopic = NoticeTopic.HOLD_EXPIRING) -> NoticeMode:
    with writing(api.context.engine) as connection:
        stored = ensure_preferences(connection, api.ann.id, FRIDAY_NOON)
    return stored.preferences.mode(kind, NoticeChannel.EMAIL, is_staff=False)


class Form(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.action, self.fields = "", dict[str, str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values["action"]
        elif tag == "input":
            self.fields[values["name"]] = values["value"]


def test_opening_the_link_changes_nothing_and_its_form_turns_mails_off(api: NoticeApi) -> None:
    opened = api.client.get(f"{PAGE}?token={token_of(api)}")
    assert opened.status_code == 200
    assert "Holds that are about to expire" in opened.text
    assert mode(api) is NoticeMode.IMMEDIATE
    form = Form(opened.text)
    assert form.fields == {"List-Unsubscribe": "One-Click"}
    done = api.client("POST", form.action, data=form.fields)
    assert done.status_code == 200
    assert "stopped" in done.text
    assert mode(api) is NoticeMode.OFF


def test_a_mail_program_unsubscribes_with_one_post(api: NoticeApi) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    address = f"{PAGE}?token={token_of(api, 'invoice_issued')}"
    for _ in range(2):
        answer = api.client("POST", address, content=b"List-Unsubscribe=One-Click", headers=headers)
        assert answer.status_code == 200
    assert mode(api, NoticeTopic.INVOICE_ISSUED) is NoticeMode.OFF


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["", "x", "<script>alert(1)</script>", "0" * 140])
def test_any_other_link_is_a_page_without_a_form(api: NoticeApi, method: str, token: str) -> None:
    answer = api.client(method, f"{PAGE}?token={quote(token)}")
    assert answer.status_code == 404
    assert "<form" not in answer.text
    assert "<script" not in answer.text


def test_the_page_allows_its_form_and_nothing_else(api: NoticeApi) -> None:
    answer = api.client.get(f"{PAGE}?token={token_of(api)}")
    (policy,) = answer.headers.get_list("content-security-policy")
    assert policy.startswith("default-src 'none'")
    assert "form-action 'self'" in policy
    assert "script-src" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("is_built", [True, False])
def test_the_page_has_the_style_of_the_portal_where_it_is_built(
    api: NoticeApi, monkeypatch: pytest.MonkeyPatch, is_built: bool
) -> None:
    document = BundleFile("text/html", b'<link href="/assets/index-1.css">', None)
    bundle = Bundle(document, {}) if is_built else None
    monkeypatch.setattr("cloud.api.notifications.unsubscribe.read_bundle", lambda: bundle)
    sheet = "/assets/index-1.css" if is_built else "/static/onlooker.css"
    assert f'<link rel="stylesheet" href="{sheet}">' in api.client.get(PAGE).text


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.stop()


def test_page_and_mail_fit_wide_and_narrow_windows(api: NoticeApi, browser: Browser) -> None:
    message: NoticeMessage = claimed(
        NoticeChannel.EMAIL, "", item(HOSTILE), item("x" * 150)
    ).message
    mail = b64encode(write_html(message).encode()).decode()
    with served(api.client.app) as address, browser.page() as page:
        for width, scheme in VIEWS:
            set_view(page, width, scheme)
            page.open(f"data:text/html;base64,{mail}")
            page.until("document.querySelectorAll('h2').length === 2")
            assert not page.value(OVERFLOWS)
            assert find_violations(page) == []
            page.open(f"{address}{PAGE}?token={token_of(api, 'report_ready')}")
            page.until("document.querySelector('form')")
            assert not page.value(OVERFLOWS)
            assert find_violations(page) == []
        press(page)
    assert mode(api, NoticeTopic.REPORT_READY) is NoticeMode.OFF


def press(page: Page) -> None:
    page.value("document.querySelector('form button').click()")
    page.until("document.body.textContent.includes('stopped')")
    assert page.faults == page.refused == []
