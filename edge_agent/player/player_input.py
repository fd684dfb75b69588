"""Where the player's words come from: its MQTT topic, its own web address, or our status page.

Each source has a thread of its own and never ends for what a player says; a word that cannot be
used is told of once in a while and forgotten.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.player.now_playing import NowPlaying, PlayError, Playing
from edge_agent.settings.services import PlaysSettings
from edge_agent.transport.broker import create_tls_context, parse_broker_url
from wire.addresses import WEB_SCHEMES, parse_address
from wire.clock import utc_now
from wire.http_client import HttpLimits, HttpRequestError, send_request

log = logging.getLogger(__name__)

LARGEST_WORD_BYTES: Final = 16 * 1024
ASK_TIMEOUT_S: Final = 3.0
TELL_EVERY_S: Final = 60.0
GOODBYE_S: Final = 5.0


class PlayWords:
    """Passes words on; complains of bad ones once a minute at most."""

    def __init__(self, playing: Playing, clock: Callable[[], datetime]) -> None:
        self._playing = playing
        self._clock = clock
        self._complained_s = -TELL_EVERY_S

    def hear(self, word: bytes) -> NowPlaying:
        """Take a word, or raise PlayError."""
        return self._playing.hear(word[: LARGEST_WORD_BYTES + 1], self._clock())

    def overhear(self, word: bytes) -> None:
        """Take a word if it can be used."""
        try:
            self.hear(word)
        except PlayError as error:
            self.complain(str(error))
        except Exception as error:  # noqa: BLE001  no word of a player ends its thread
            self.complain(f"a word that cannot be used: {type(error).__name__}")

    def complain(self, reason: str) -> None:
        """Say what is wrong, unless that was said a moment ago."""
        now_s = time.monotonic()
        if now_s - self._complained_s >= TELL_EVERY_S:
            self._complained_s = now_s
            log.warning("plays.unusable", extra={"reason": reason})


@contextmanager
def listening(
    settings: PlaysSettings, clock: Callable[[], datetime] = utc_now
) -> Iterator[tuple[Playing, PlayWords] | None]:
    """Listen while the block runs; None when nobody is to be listened to."""
    if not (settings.http or settings.topic or settings.url):
        yield None
        return
    playing = Playing()
    words = PlayWords(playing, clock)
    with ExitStack() as ears:
        if settings.topic:
            ears.enter_context(_subscribed(settings, words))
        if settings.url:
            ears.enter_context(_asking(settings, words))
        yield playing, words


@contextmanager
def _subscribed(settings: PlaysSettings, words: PlayWords) -> Iterator[None]:
    broker = parse_broker_url(settings.broker)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(broker.username, broker.password)
    if broker.tls:
        client.tls_set_context(create_tls_context(broker))

    def connected(client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if reason.is_failure:
            words.complain(f"{broker!r} refuses: {reason}")
        else:
            client.subscribe(settings.topic, qos=1)
            log.info("plays.listening", extra={"broker": repr(broker), "topic": settings.topic})

    client.on_connect = connected
    client.on_message = lambda _client, _data, message: words.overhear(bytes(message.payload))
    client.connect_async(broker.host, broker.port, keepalive=30)
    client.loop_start()
    try:
        yield
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def _asking(settings: PlaysSettings, words: PlayWords) -> Iterator[None]:
    ended, address = threading.Event(), parse_address(settings.url, WEB_SCHEMES)

    def ask() -> None:
        before = None
        while not ended.wait(settings.ask_every_s):
            try:
                answer = send_request(address, HttpLimits(ASK_TIMEOUT_S, LARGEST_WORD_BYTES))
            except HttpRequestError as error:
                words.complain(f"the player does not answer: {error}")
                continue
            if not answer.is_success:
                words.complain(f"the player does not answer: status {answer.status}")
                continue
            word = answer.body
            if word != before:  # an answer that stays is no new play
                words.overhear(word)
            before = word

    thread = threading.Thread(target=ask, name="plays", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(GOODBYE_S)
