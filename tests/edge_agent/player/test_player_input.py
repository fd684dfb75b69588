"""Messages of a player from a real broker and from a real web server."""

import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from paho.mqtt import publish

from edge_agent.player.now_playing import PlayHistory
from edge_agent.player.player_input import PlayerInput, listen_to_player
from edge_agent.settings.loading import SettingsError, parse
from edge_agent.settings.services import PlaysSettings

TOPIC = "player/lobby/now-playing"


def until(holds):
    deadline = time.monotonic() + 20
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def shows(playing):
    return playing.now(datetime.now(UTC))


def test_player_inputs_are_off_by_default():
    with listen_to_player(PlaysSettings()) as sources:
        assert sources is None


@pytest.mark.broker
def test_a_retained_message_and_later_ones_are_received(mosquitto, caplog):
    def publish_message(message, *, retain=False):
        publish.single(TOPIC, message, qos=1, retain=retain, hostname=mosquitto.host,
                       port=mosquitto.port)  # fmt: skip

    publish_message(b'{"creative": "tea"}', retain=True)
    with listen_to_player(PlaysSettings(broker=mosquitto.url, topic=TOPIC)) as (playing, _):
        assert until(lambda: shows(playing) == "tea")
        publish_message(b"\xff\xd8\xff a picture")
        publish_message(b"no json")
        publish_message(b'{"creative": "coffee"}')
        assert until(lambda: shows(playing) == "coffee")
    warnings = [record for record in caplog.records if record.message == "player.message_unusable"]
    assert len(warnings) == 1


@pytest.fixture
def player():
    """A web server that answers with the creative on the screen."""
    answers = {"message": b'{"creative": "tea"}', "status": 200}

    class Player(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(answers["status"])
            self.end_headers()
            self.wfile.write(answers["message"])

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Player)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    answers["url"] = f"http://127.0.0.1:{server.server_address[1]}/now"
    yield answers
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_player_is_polled(player):
    with listen_to_player(PlaysSettings(url=player["url"], ask_every_s=0.2)) as (playing, _):
        assert until(lambda: shows(playing) == "tea")
        player["status"] = 500
        time.sleep(0.3)
        assert shows(playing) == "tea"
        player.update(status=200, message=b'{"creative": "coffee"}')
        assert until(lambda: shows(playing) == "coffee")
        assert sum(playing.starts(0, 10**14).values()) == 2


@pytest.mark.parametrize(
    "text", ["[plays]\nhttp = true\n", '[plays]\nurl = "file:///etc/passwd"\n']
)
def test_an_impossible_player_input_is_rejected(text):
    with pytest.raises(SettingsError):
        parse(text)


def test_no_player_message_ends_the_thread(monkeypatch, caplog):
    playing = PlayHistory()
    monkeypatch.setattr(playing, "handle_message", lambda *_: 1 / 0)
    PlayerInput(playing, lambda: datetime.now(UTC)).handle_or_log(b"{}")
    (record,) = caplog.records
    assert record.reason == "a message that cannot be used: ZeroDivisionError"
