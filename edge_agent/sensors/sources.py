"""Polls external sensors: a JSON file, a web address, a light sensor on I2C; each in a thread.

A file or an address gives one JSON object. Each of its numbers is a reading, and its key, which
should end in its unit, is the name in the report (`temperature_c`, `lux`). A failure is logged once
until the source works again; the audience measurement does not wait for it.
"""

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec

from edge_agent.settings.services import SensorSource
from wire.addresses import WEB_SCHEMES, display_address, display_path, parse_address
from wire.web.http_client import HttpLimits, HttpRequestError, send_request
from wire.web.web_request import failure_of

log = logging.getLogger(__name__)

LARGEST_ANSWER_BYTES: Final = 16 * 1024
TIMEOUT_S: Final = 3.0
STALE_AFTER: Final = 10  # polling intervals; an older file is not current
MOST_READINGS: Final = 16  # of one source; a report carries 32 sensors
MAX_KEPT_READINGS: Final = 1_000
LARGEST: Final = 1e9
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
BH1750_CONTINUOUS: Final = 0x10  # high resolution, 1 lx, 120 ms
BH1750_PER_LUX: Final = 1.2  # datasheet, typical

Answer = Mapping[str, Any]


class SensorError(RuntimeError):
    """A source that does not respond, or not with readings."""


class PolledSensor:
    """One source, polled every `every_s` from `start` to `stop`."""

    def __init__(
        self,
        source: SensorSource,
        *,
        ask: Callable[[SensorSource], Answer] | None = None,
    ) -> None:
        self._source = source
        self._ask = ask or KINDS[source.kind]
        self._readings: deque[tuple[str, int]] = deque(maxlen=MAX_KEPT_READINGS)
        self._failing = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sensor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(TIMEOUT_S + 1)

    def take_readings(self) -> Sequence[tuple[str, int]]:
        return [self._readings.popleft() for _ in range(len(self._readings))]

    def poll(self) -> None:
        """Poll the source once."""
        try:
            self._readings.extend(parse_readings(self._ask(self._source)))
        except Exception as error:  # noqa: BLE001  no error of a driver affects the audience measurement
            if not self._failing:
                log.warning(
                    "sensor.failed",
                    extra={
                        "source": _display_source(self._source),
                        "reason": _describe_error(error),
                    },
                )
            self._failing = True
        else:
            self._failing = False

    def _run(self) -> None:
        self.poll()
        while not self._ended.wait(self._source.every_s):
            self.poll()


def _display_source(source: SensorSource) -> str:
    return display_address(source.at) if source.kind == "http" else display_path(source.at)


def _describe_error(error: Exception) -> str:
    return str(error)[:200] if isinstance(error, SensorError) else failure_of(error)


def parse_readings(answer: Answer) -> list[tuple[str, int]]:
    """The numbers of an answer in thousandths; SensorError when there is none."""
    found = [
        (name, round(1000 * value))
        for name, value in answer.items()
        if NAME.fullmatch(name)
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < LARGEST  # also false for infinity and NaN
    ][:MOST_READINGS]
    if not found:
        raise SensorError('no readings: give numbers by name, such as {"lux": 120.5}')
    return found


def read_file(source: SensorSource) -> Answer:
    """The JSON object in a file that another program writes."""
    path = Path(source.at)
    age_s = time.time() - path.stat().st_mtime
    if age_s > STALE_AFTER * source.every_s:
        raise SensorError(f"{path} was written {age_s:.0f} s ago: check the program that writes it")
    with path.open("rb") as file:
        return _decode_object(file.read(LARGEST_ANSWER_BYTES + 1))


def read_address(source: SensorSource) -> Answer:
    """The JSON object at a web address."""
    address = parse_address(source.at, WEB_SCHEMES)
    try:
        answer = send_request(address, HttpLimits(TIMEOUT_S, LARGEST_ANSWER_BYTES))
    except HttpRequestError as error:
        raise SensorError(f"no answer: {error}") from None
    if not answer.is_success:
        raise SensorError(f"it answers {answer.status}")
    return _decode_object(answer.body)


def read_bh1750(source: SensorSource) -> Answer:
    """Lux from a BH1750; `at` is the bus and the chip's address, such as `1:0x23`."""
    bus, _, address = source.at.partition(":")
    with import_module("smbus2").SMBus(int(bus)) as line:
        high, low = line.read_i2c_block_data(int(address or "0x23", 16), BH1750_CONTINUOUS, 2)
    return {"lux": (high << 8 | low) / BH1750_PER_LUX}


def _decode_object(content: bytes) -> Answer:
    if len(content) > LARGEST_ANSWER_BYTES:
        raise SensorError(f"an answer of more than {LARGEST_ANSWER_BYTES} bytes")
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SensorError(f"no JSON object: {error}") from error


KINDS: Final[Mapping[str, Callable[[SensorSource], Answer]]] = {
    "file": read_file,
    "http": read_address,
    "bh1750": read_bh1750,
}
