"""The page shows the state of the cameras; no shown text can become markup."""

from html.parser import HTMLParser
from itertools import pairwise

import pytest

from edge_agent.status.page import render_page
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
