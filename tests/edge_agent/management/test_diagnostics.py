"""The diagnostic report holds log, settings and health, and no password, key or image."""

import gzip
import json
import logging
from datetime import UTC, datetime

import pytest

from edge_agent.agent import AgentStatus
from edge_agent.management import diagnostics
from edge_agent.management.diagnostics import LogTail, build_report, compress_report, redact
from edge_agent.privacy.egress_filter import EgressError
from edge_agent.settings.loading import parse
from wire.health import CaptureState

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def tail():
    """The tail of a logger of its own."""
    tail, logger = LogTail(), logging.getLogger("tests.diagnostics")
    logger.addHandler(tail)
    yield tail
    logger.removeHandler(tail)


def log(event, **fields):
    logging.getLogger("tests.diagnostics").warning(event, extra=fields)


def report(tail, folder, text=""):
    content = build_report(
        device="kx-01-cam-1",
        at=NOON,
        settings=parse(text),
        status=AgentStatus("abc", 10, 0, CaptureState.STREAMING),
        folder=folder,
        tail=tail,
    )
    return json.loads(gzip.decompress(content))


def test_a_report_holds_device_time_health_settings_and_log(tail, tmp_path):
    log("camera.opened", attempt=3)
    found = report(tail, tmp_path, "interval_s = 10")
    assert (found["device"], found["at"]) == ("kx-01-cam-1", "2026-11-23T12:00:00+00:00")
    assert found["status"] == {
        "digest": "abc", "captured": 10, "model_faults": 0, "capture": "streaming",
    }  # fmt: skip
    assert found["settings"]["interval_s"] == 10
    assert found["disk_free_bytes"] > 0
    (line,) = found["log"]
    assert (line["event"], line["level"], line["attempt"]) == ("camera.opened", "warning", 3)


def test_no_password_of_the_settings_or_the_log_is_in_it(tail, tmp_path):
    log("link.failed", address="mqtts://cam:s3cr3t@broker.example")
    found = report(tail, tmp_path, "[plays]\nurl = 'http://player:s3cr3t@10.0.0.7/playing'")
    assert "s3cr3t" not in json.dumps(found)
    assert "10.0.0.7" in found["settings"]["plays"]["url"]
    assert "broker.example" in found["log"][0]["address"]


def test_a_trace_is_a_list_of_lines(tail, tmp_path):
    try:
        raise RuntimeError("bad tensor")
    except RuntimeError:
        logging.getLogger("tests.diagnostics").exception("models.failed")
    trace = report(tail, tmp_path)["log"][0]["trace"]
    assert trace[0].startswith("Traceback")
    assert trace[-1] == "RuntimeError: bad tensor"


@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        ("offline", "offline"),
        ("rtsp://cam:s3cr3t@host:554/live", "rtsp://host:554"),
        ("/9j/4AAQSkZJRgABAQEAYABgAAD", "redacted"),  # the start of a JPEG in base64
        ("f" * 64, "redacted"),
        ("x" * 501, "redacted"),
        ({"user": ["ff" * 40, "ok"]}, {"user": ["redacted", "ok"]}),
        ({"f" * 64: 1}, {"redacted": 1}),
        (("a", 1, None, 2.5, True), ["a", 1, None, 2.5, True]),
    ],
)
def test_every_text_is_redacted_wherever_it_is(value, redacted):
    assert redact(value) == redacted


def test_only_the_last_lines_of_the_log_stay_in_memory(tail):
    for number in range(diagnostics.MAX_LOG_LINES + 5):
        log("camera.opened", number=number)
    assert len(tail.lines) == diagnostics.MAX_LOG_LINES
    assert json.loads(tail.lines[0])["number"] == 5


def test_the_oldest_lines_are_removed_until_the_report_fits(monkeypatch):
    monkeypatch.setattr(diagnostics, "MAX_REPORT_BYTES", 200)
    lines = [{"event": f"line {number}"} for number in range(40)]
    found = json.loads(gzip.decompress(compress_report({"log": lines})))
    assert 0 < len(found["log"]) < 12
    assert found["log"] == lines[-len(found["log"]) :]


def test_a_report_that_does_not_fit_without_a_log_is_an_error(monkeypatch):
    monkeypatch.setattr(diagnostics, "MAX_REPORT_BYTES", 200)
    with pytest.raises(EgressError, match="the limit is 200"):
        compress_report({"settings": ["word"] * 100, "log": [{"event": "line"}] * 9})
