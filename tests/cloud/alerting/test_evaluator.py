"""An evaluation follows the sites file and waits for no recipient."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from cloud.alerting.evaluator import Evaluator
from cloud.alerting.notifications import DeliveryFailure
from cloud.alerting.notifier import Notifier
from cloud.alerting.recipients_file import RecipientsFile
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
