"""`alerts run` evaluates and notifies, follows its files, and stops on a signal."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud.__main__ import main
from cloud.alerting.history import AlertSearch, find_alerts
from cloud.database import alerts, reading
from tests.cloud.alerting.conftest import (
    NOON,
    insert_stream,
    sites_file,
    wait_for,
)


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
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


HANGING = """
import socket, sys, threading

from cloud.__main__ import main

look_up = socket.getaddrinfo

def hang(host, *arguments, **more):
    if host == "hangs.example":
        threading.Event().wait()  # as a name server that does not answer: it cannot be cancelled
    return look_up(host, *arguments, **more)

socket.getaddrinfo = hang
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_hostile_recipients_hold_up_neither_the_others_nor_the_end(
    database: Engine, tmp_path: Path
) -> None:
    offline = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]  # accept, and say nothing
    hook = Hook()
    hanging = [f"127.0.0.1:{one.getsockname()[1]}" for one in offline]
    lines = [
        f"  - {{name: hang-{number}, to: 'http://{host}/x'}}\n"
        for number, host in enumerate((*hanging, "hangs.example", "hangs.example:8080"))
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
        [sys.executable, "-c", HANGING, "alerts", "run", "--every", "0.2", "--group-within", "0",
         "--recipients", str(recipients), "--sites", str(sites), "--smtp", hanging[0]],
        stderr=subprocess.PIPE, env={**os.environ},
    )  # fmt: skip
    try:
        wait_for(lambda: len(hook.bodies) == 1)
        insert_stream(database, "KX", "b", now - timedelta(hours=1))  # while the first calls hang
        wait_for(lambda: len(hook.bodies) == 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0  # the look-ups never end
    finally:
        process.kill()
        process.communicate()
        hook.close()
        for one in offline:
            one.close()
    assert [body["device"] for body in hook.bodies] == ["a", "b"]


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
