"""`python -m cloud price` prints the price and the refusals of the API."""

import argparse
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.cli import price as price_command
from cloud.cli.price import add_arguments, run
from tests.cloud.peers import Behaviour, drips, hangs, pours, says

SLOT = ["KX-01", "2026-11-23T08:00"]
LATE = "no answer in time"


def price(*typed: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(list(typed)))


@pytest.fixture
def answering(ask) -> Iterator[str]:
    """The application behind a real socket."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown = self.headers.get("x-api-key")
            answer = ask.get(self.path, headers={"x-api-key": shown} if shown else {})
            self.send_response(answer.status_code)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_explanation_ends_at_the_price(answering: str, ask, capsys):
    assert price(*SLOT, "--explain", "--url", answering) == 0
    output = capsys.readouterr().out
    amount = ask.get("/api/pricing/slot/KX-01/2026-11-23T08:00").json()["price"]

    for word in ("base rate", "attention", "peak", "demographic", "location", "season", "P10"):
        assert word in output
    assert output.split("price  ")[1].split()[0] == f"£{amount}"
    assert output == ask.get("/api/pricing/explain/KX-01/2026-11-23T08:00").text


def test_a_key_opens_an_api_that_wants_one(
    answering: str, ask, context: AppContext, clock, tmp_path: Path, capsys
):
    ask.app = create_app(context, quota=Quota())
    file = tmp_path / "key"
    file.write_text(create_key(context.engine, Role.SALES, "a test", by="me", now=clock.now) + "\n")

    assert price(*SLOT, "--url", answering) == 1
    assert "no valid key was sent" in capsys.readouterr().err
    assert price(*SLOT, "--url", answering, "--key-file", str(file)) == 0


def test_without_an_api_the_price_is_worked_out_from_the_database(tmp_path: Path, capsys):
    assert price(*SLOT, "--database", f"sqlite:///{tmp_path}/onlooker.db") == 0

    assert "KX-01  Monday 23 November 2026, 08:00" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["XX-99", "2026-11-23T08:00"], "no location 'XX-99'"),
        (["KX-01", "2026-11-23T08:30"], "ask for 2026-11-23T08:00"),
        (["../../etc", "passwd"], "nothing is served at"),
    ],
)
def test_a_refusal_of_the_api_is_passed_on(answering: str, capsys, typed: list[str], sentence: str):
    assert price(*typed, "--url", answering) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://127.0.0.1:9", "gave no price"),
        ("file:///etc/passwd", "is no address"),
        ("127.0.0.1:8080", "is no address"),
    ],
)
def test_an_api_that_cannot_be_asked_is_said_so(capsys, url: str, sentence: str):
    assert price(*SLOT, "--url", url) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("behave", "sentence"),
    [
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "is not HTTP"),
        (says(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3_000_000), "not that of this API"),
        (says(b"HTTP/1.1 200 OK\r\n\r\n{}"), "not that of this API"),
        (says(b"HTTP/1.1 500 Oh\r\n\r\n[7]"), "answered 500"),
        (says(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"), "answered 302"),
        (hangs, LATE),
        (drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), LATE),
        (drips(b"HTTP/1.1 200 OK\r\n\r\n"), LATE),
        (pours, "is not HTTP"),
    ],
)
def test_an_api_that_misbehaves_is_said_so_in_time(
    peer, monkeypatch, tmp_path: Path, capsys, behave: Behaviour, sentence: str
):
    if sentence == LATE:
        monkeypatch.setattr(price_command, "TIMEOUT_S", 0.3)
    (tmp_path / "key").write_text("onl_secret")
    there = peer(behave)
    url = f"http://127.0.0.1:{there.port}/T0P-s3cret"
    assert price(*SLOT, "--url", url, "--key-file", str(tmp_path / "key")) == 1
    assert not there.ended_first
    output = capsys.readouterr().err
    assert sentence in output
    assert "s3cret" not in output
