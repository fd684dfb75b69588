"""An evaluation follows the sites file and waits for no recipient."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Connection, Engine, text

from cloud.alerting.evaluator import Evaluator
from cloud.alerting.notifications import DeliveryFailure
from cloud.alerting.notifier import Notifier
from cloud.alerting.recipients_file import RecipientsFile
from cloud.alerting.rules import AlertKind, Measure
from cloud.sites.reload import SitesFile
from tests.cloud.alerting.conftest import (
    MINUTE,
    NOON,
    RecordingSender,
    insert_stream,
    sites_file,
    wait_for,
)


def test_an_evaluation_follows_the_sites_file(engine: Engine, tmp_path: Path) -> None:
    file = sites_file(tmp_path / "sites.yaml", {"KX": "[a, b]"})
    steady = [0.0]
    recorder = RecordingSender()
    evaluator = Evaluator(
        engine,
        SitesFile(file, steady_clock=lambda: steady[0]),
        RecipientsFile(None),
        Notifier(engine, recorder, call_s=10.0),
        timedelta(),
    )
    for device in "ab":
        insert_stream(engine, "KX", device, NOON - timedelta(hours=1))
    assert len(evaluator.evaluate(NOON)) == 2
    sites_file(file, {"KX": "[b]"})
    steady[0] += 10.0
    (event,) = evaluator.evaluate(NOON + MINUTE)
    assert event.device == "a"
    evaluator.deliver_all(NOON + MINUTE)
    assert "no longer listed" in recorder.messages[-1].items[0].message
    assert recorder.messages[0].items[0].site_name == "Site KX"


def test_a_source_that_cannot_be_read_stops_no_other_rule(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(connection: Connection, *_: object) -> list[Measure]:
        connection.execute(text("SELECT * FROM no_such_table"))
        return []

    def judge(connection: Connection, *_: object) -> list[Measure]:
        connection.execute(text("SELECT 1"))
        return [Measure(AlertKind.UNDER_DELIVERY, "KX", "SO-1-1", 0.5, "too little")]

    file = sites_file(tmp_path / "sites.yaml", {"KX": "[a]"})
    notifier = Notifier(engine, RecordingSender(), call_s=10.0)
    evaluator = Evaluator(
        engine, SitesFile(file), RecipientsFile(None), notifier, sources=(fail, judge)
    )
    insert_stream(engine, "KX", "a", NOON - timedelta(hours=1))
    assert {event.device for event in evaluator.evaluate(NOON)} == {"a", "SO-1-1"}
    assert evaluator.failed == ("fail",)
    failures = REGISTRY.get_sample_value("onlooker_alerts_failed_sources_total", {"source": "fail"})
    assert failures is not None
    assert failures >= 1
    assert "alerts.source_failed" in [one.message for one in caplog.records]
    evaluator.sources = (judge,)
    evaluator.evaluate(NOON + MINUTE)
    assert evaluator.failed == ()


def test_a_delivery_that_never_returns_is_left_behind(engine: Engine, tmp_path: Path) -> None:
    release = threading.Event()

    def send(recipient: Any, message: Any) -> DeliveryFailure | None:
        release.wait(20)
        return None

    steady = [0.0]
    dispatcher = Notifier(engine, send, call_s=10.0, clock=lambda: steady[0])
    file = sites_file(tmp_path / "sites.yaml", {"KX": "[a]"})
    evaluator = Evaluator(engine, SitesFile(file), RecipientsFile(None), dispatcher, timedelta())
    insert_stream(engine, "KX", "a", NOON - timedelta(hours=1))
    evaluator.evaluate(NOON)
    evaluator.deliver(NOON)
    assert not dispatcher.is_idle
    steady[0] = 13.0
    evaluator.deliver(NOON + MINUTE)
    assert dispatcher.is_idle
    release.set()
    wait_for(lambda: evaluator.deliver(NOON + 2 * MINUTE) or dispatcher.is_idle)
