"""Receives player messages: from an MQTT topic, from a web address, or over the status page.

Each source has its own thread, which no message can end. An unusable message is discarded and
logged, at most once a minute.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Final

from paho.mqtt import client as mqtt

from edge_agent.player.now_playing import PlayerMessage, PlayerMessageError, PlayHistory
from edge_agent.settings.services import PlaysSettings
from edge_agent.transport.broker import parse_broker_url
from edge_agent.transport.mqtt_client import (
    connect_in_background,
    create_mqtt_client,
    disconnect,
)
from wire.addresses import WEB_SCHEMES, parse_address
from wire.clock import utc_now
from wire.web.http_client import HttpLimits, HttpRequestError, send_request

log = logging.getLogger(__name__)

LARGEST_MESSAGE_BYTES: Final = 16 * 1024
REQUEST_TIMEOUT_S: Final = 3.0
LOG_INTERVAL_S: Final = 60.0
JOIN_TIMEOUT_S: Final = 5.0


class PlayerInput:
    """Passes messages to the play history; logs unusable ones at most once a minute."""

    def __init__(self, playing: PlayHistory, clock: Callable[[], datetime]) -> None:
        self._playing = playing
        self._clock = clock
        self._logged_s = -LOG_INTERVAL_S

    def handle_message(self, payload: bytes) -> PlayerMessage:
        """Handle a message; raises PlayerMessageError."""
        return self._playing.handle_message(payload[: LARGEST_MESSAGE_BYTES + 1], self._clock())

    def handle_or_log(self, payload: bytes) -> None:
        """Handle a message, or log why it cannot be used."""
        try:
            self.handle_message(payload)
        except PlayerMessageError as error:
            self.log_unusable(str(error))
        except Exception as error:  # noqa: BLE001  no message ends the thread
            self.log_unusable(f"a message that cannot be used: {type(error).__name__}")

    def log_unusable(self, reason: str) -> None:
        """Log a reason, unless one was logged less than a minute ago."""
        now_s = time.monotonic()
        if now_s - self._logged_s >= LOG_INTERVAL_S:
            self._logged_s = now_s
            log.warning("player.message_unusable", extra={"reason": reason})


@contextmanager
def listen_to_player(
    settings: PlaysSettings, clock: Callable[[], datetime] = utc_now
) -> Iterator[tuple[PlayHistory, PlayerInput] | None]:
    """Receive player messages while the block runs; None without a configured source."""
    if not (settings.http or settings.topic or settings.url):
        yield None
        return
    playing = PlayHistory()
    player_input = PlayerInput(playing, clock)
    with ExitStack() as sources:
        if settings.topic:
            sources.enter_context(_subscribe(settings, player_input))
        if settings.url:
            sources.enter_context(_poll_address(settings, player_input))
        yield playing, player_input


@contextmanager
def _subscribe(settings: PlaysSettings, player_input: PlayerInput) -> Iterator[None]:
    broker = parse_broker_url(settings.broker)
    client = create_mqtt_client(broker)

    def subscribe(client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if reason.is_failure:
            player_input.log_unusable(f"{broker!r} rejects the connection: {reason}")
        else:
            client.subscribe(settings.topic, qos=1)
            log.info("player.subscribed", extra={"broker": repr(broker), "topic": settings.topic})

    client.on_connect = subscribe
    client.on_message = lambda _client, _data, message: player_input.handle_or_log(
        bytes(message.payload)
    )
    connect_in_background(client, broker)
    try:
        yield
    finally:
        disconnect(client)


@contextmanager
def _poll_address(settings: PlaysSettings, player_input: PlayerInput) -> Iterator[None]:
    ended, address = threading.Event(), parse_address(settings.url, WEB_SCHEMES)

    def poll() -> None:
        before = None
        while not ended.wait(settings.ask_every_s):
            try:
                response = send_request(
                    address, HttpLimits(REQUEST_TIMEOUT_S, LARGEST_MESSAGE_BYTES)
                )
            except HttpRequestError as error:
                player_input.log_unusable(f"the player does not answer: {error}")
                continue
            if not response.is_success:
                player_input.log_unusable(f"the player does not answer: status {response.status}")
                continue
            if response.body != before:  # an unchanged response is not a new play
                player_input.handle_or_log(response.body)
            before = response.body

    thread = threading.Thread(target=poll, name="plays", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(JOIN_TIMEOUT_S)
