"""`alerts run` evaluates and notifies, follows its files, and stops on a signal."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud.__main__ import main
from cloud.alerting.evaluator import Evaluator
from cloud.alerting.history import AlertSearch, find_alerts
from cloud.alerting.notifications import DeliveryFailure
from cloud.alerting.notifier import Notifier
from cloud.alerting.recipients_file import RecipientsFile
from cloud.database import alerts, reading, report_streams, writing
from cloud.sites.reload import SitesFile
from tests.cloud.alerting.conftest import MINUTE, NOON, RecordingSender, sites_file


def insert_stream(engine: Engine, location: str, device: str, at: datetime) -> None:
    row = {"device": device, "location": location, "stream_id": "j", "through": 1,
           "received_ranges": "[]", "acknowledged_at": at}  # fmt: skip
    with writing(engine) as connection:
        connection.execute(report_streams.delete().where(report_streams.c.device == device))
        connection.execute(report_streams.insert(), row)


@pytest.fixture
def database(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    url = engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", url)
    return engine


def test_the_command_evaluates_once_and_ends(
    database: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    insert_stream(database, "KX-01", "kx-01-cam-1", NOON)
    file = tmp_path / "recipients.yaml"
    file.write_text("recipients: [{name: ops, to: 'log:'}, {name: bad, to: 'https://a b'}]")
    assert main(["alerts", "run", "--once", "--recipients", str(file)]) == 0
    events = [record.getMessage() for record in caplog.records]
    assert events == ["recipient.refused", "alert.raised"]
    with reading(database) as connection:
        assert [row.kind for row in find_alerts(connection, AlertSearch(NOON))] == [
            "camera.offline"
        ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--smtp", "localhost:x"], "--smtp"),
        (["--smtp", ":25"], "--smtp"),
        (["--mail-from", "a\nb"], "--mail-from"),
        (["--every", "-1"], "--every"),
        (["--every", "nan"], "--every"),
        (["--group-within", "1e9"], "--group-within"),
        (["--link", "ftp://x"], "--link"),
        (["--recipients", "/nowhere"], "/nowhere"),
    ],
)
def test_options_that_cannot_be_used_are_refused_with_a_sentence(
    database: Engine, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert main(["alerts", "run", "--once", *options]) == 2
    assert sentence in capsys.readouterr().err


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


class Hook:
    """A webhook that keeps what it is sent."""

    def __init__(self) -> None:
        bodies: list[Any] = []
        self.bodies = bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def wait_for(is_so: Callable[[], object], seconds: float = 30.0) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.slow
def test_hostile_recipients_hold_up_neither_the_others_nor_the_end(
    database: Engine, tmp_path: Path
) -> None:
    offline = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]  # accept, and say nothing
    hook = Hook()
    lines = [
        f"  - {{name: hang-{number}, to: 'http://127.0.0.1:{one.getsockname()[1]}/x'}}\n"
        for number, one in enumerate(offline)
    ]
    recipients = tmp_path / "recipients.yaml"
    recipients.write_text(
        f"recipients:\n{''.join(lines)}  - {{name: hook, to: '{hook.url}'}}\n"
        "  - {name: mail, to: 'mailto:ops@example.com'}\n  - {name: bad, to: 'mailto:a\\nb'}\n"
    )
    now = datetime.now(UTC)
    sites = sites_file(tmp_path / "sites.yaml", {"KX": "[a, b]"})
    insert_stream(database, "KX", "a", now - timedelta(hours=1))
    insert_stream(database, "KX", "b", now)
    process = subprocess.Popen(
        [sys.executable, "-m", "cloud", "alerts", "run", "--every", "0.2", "--group-within", "0",
         "--recipients", str(recipients), "--sites", str(sites),
         "--smtp", f"127.0.0.1:{offline[0].getsockname()[1]}"],
        stderr=subprocess.PIPE, env={**os.environ},
    )  # fmt: skip
    try:
        wait_for(lambda: len(hook.bodies) == 1)
        insert_stream(database, "KX", "b", now - timedelta(hours=1))  # while the first calls hang
        wait_for(lambda: len(hook.bodies) == 2)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 3.0
    finally:
        process.kill()
        process.communicate()
        hook.close()
        for one in offline:
            one.close()
    assert [body["device"] for body in hook.bodies] == ["a", "b"]


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


def test_alerts_are_acknowledged_and_closed_from_the_command_line(
    database: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    insert_stream(database, "KX-01", "kx-01-cam-1", NOON)
    assert main(["alerts", "run", "--once"]) == 0
    assert main(["alerts", "acknowledge", "1", "--note", "on my way"]) == 0
    assert main(["alerts", "show", "1"]) == 0
    assert ": on my way" in capsys.readouterr().out
    assert main(["alerts", "close", "1", "--reason", "taken down"]) == 0
    assert main(["alerts", "run", "--once"]) == 0  # still silent, and not raised again
    assert main(["alerts", "list"]) == 0
    shown = capsys.readouterr().out
    assert "critical  camera.offline  KX-01/kx-01-cam-1" in shown
    assert "1 alerts" in shown
    assert main(["alerts", "close", "1", "--reason", "again"]) == 1
    assert "only an open alert can be closed" in capsys.readouterr().err
    assert main(["alerts", "close", "9", "--reason", "x"]) == 1
    assert main(["alerts", "recipients"]) == 0
    assert main(["audit", "verify"]) == 0
    with reading(database) as connection:
        row = connection.execute(select(alerts)).one()
    assert (row.acknowledged_note, row.close_reason) == ("on my way", "taken down")


def test_a_command_that_reads_makes_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ONLOOKER_DATABASE_URL", raising=False)
    assert main(["alerts", "list"]) == 2
    output = capsys.readouterr().err
    assert str(tmp_path / "var" / "onlooker.db") in output
    assert "--database" in output
    assert list(tmp_path.iterdir()) == []
