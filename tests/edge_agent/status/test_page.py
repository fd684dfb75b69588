"""The page shows the state of the cameras; no shown text can become markup."""

from html.parser import HTMLParser
from itertools import pairwise

import pytest

from edge_agent.status.page import render_page
from tests.accessibility import VIEWS, find_violations, set_view
from tests.browser import Browser
from wire.audience import Versions
from wire.health import CaptureState, Connection


class Seen(HTMLParser):
    """Tags and texts, as a browser would take them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def facts(seen):
    texts = [text.strip() for text in seen.texts if text.strip()]
    return dict(pairwise(texts))


def test_a_streaming_camera_without_problems(snapshot, now):
    seen = Seen(render_page([snapshot()], now, ()))
    shown = facts(seen)
    assert shown["people seen"] == "1,234"
    assert shown["looking"] == "12 min 34 s"
    assert shown["reports waiting"] == "12"
    assert shown["temperature"] == "52"
    assert {"streaming", "connection excellent", "cloud reached"} <= set(seen.texts)
    assert not [attrs for _, attrs in seen.tags if attrs.get("class") == "bad"]


def test_problems_are_shown_in_words_and_not_by_colour_alone(snapshot, now):
    ill = snapshot(
        capture=CaptureState.FAILED, connection=Connection.UNUSABLE, connected=False,
        clock_kept=False, alarms=("capture.failed",),
    )  # fmt: skip
    texts = Seen(render_page([ill], now, ())).texts
    wanted = {"failed", "connection unusable", "cloud not reached", "clock not synchronized"}
    assert wanted | {"capture.failed"} <= set(texts)


EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("where", ["source", "alarms", "versions", "device", "query"])
def test_foreign_text_stays_text(snapshot, now, where):
    changed = {
        "source": {"source": EVIL},
        "alarms": {"alarms": (EVIL,)},
        "versions": {"versions": Versions(agent=EVIL, detector=EVIL, attention="a", config="c")},
        "device": {"device": EVIL},
        "query": {},
    }[where]
    one = snapshot(**changed)
    seen = Seen(render_page([one], now, {one.beat.device}, EVIL if where == "query" else ""))
    assert {tag for tag, _ in seen.tags}.isdisjoint({"script"})
    images = [attrs for tag, attrs in seen.tags if tag == "img"]
    assert len(images) == 1
    assert not [name for _, attrs in seen.tags for name in attrs if name.startswith("on")]


def test_the_page_loads_nothing_from_elsewhere(snapshot, now):
    text = render_page([snapshot(source="camera")], now, {"kx-01-cam-1"})
    assert "http://" not in text
    assert "https://" not in text
    assert "url(" not in text


def test_the_page_without_cameras_says_so(now):
    assert "No camera has reported yet." in Seen(render_page([], now, ())).texts


def test_the_page_updates_only_when_the_reader_wants_it(now):
    def find(query):
        tags = Seen(render_page([], now, (), query)).tags
        refreshes = [attrs for tag, attrs in tags if attrs.get("http-equiv") == "refresh"]
        [link] = [attrs["href"] for tag, attrs in tags if tag == "a"]
        return len(refreshes), link

    assert find("token=t") == (0, "?token=t&updates=on")
    assert find("token=t&updates=on") == (1, "?token=t")
    assert find("") == (0, "?updates=on")


def test_the_page_is_accessible(snapshot, now, tmp_path):
    ill = snapshot(device="kx-01-cam-2", connected=False, alarms=("capture.failed",))
    path = tmp_path / "page.html"
    path.write_text(render_page([snapshot(), ill], now, {"kx-01-cam-1"}))
    browser = Browser(tmp_path / "browser")
    try:
        with browser.page() as page:
            page.open(path.as_uri())
            page.until("document.readyState === 'complete' && !!document.querySelector('h1, h2')")
            for width, scheme in VIEWS:
                set_view(page, width, scheme)
                assert find_violations(page) == []
    finally:
        browser.stop()
