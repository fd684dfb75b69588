"""The agent's front door: `run` measures until it is told to stop, `check` says what is in order.

Logs are JSON, one object a line, on standard error. SIGINT and SIGTERM end a run in order: live
visits are closed, the last interval is sealed, and the cloud is given a moment to acknowledge.
"""

import argparse
import json
import logging
import math
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from edge_agent.agent import Agent, models_for
from edge_agent.capture import Camera, CaptureError, open_camera, redacted
from edge_agent.frame import Frame
from edge_agent.inference import ModelError
from edge_agent.link.broker import Broker, LinkError, broker_at, tls_context
from edge_agent.link.paho import PahoLink
from edge_agent.outbox import Outbox, OutboxError
from edge_agent.settings import Settings, SettingsError, load
from wire.scalars import DeviceId, LocationId
from wire.topics import Address, TopicError

EARLIEST_AT: Final = datetime(2025, 1, 1, tzinfo=UTC)  # a clock before this has never been set
FREE_BYTES: Final = 64 * 1024 * 1024
CONNECT_S: Final = 5.0
LOG_FIELDS: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}
REFUSALS: Final = (
    CaptureError,
    LinkError,
    ModelError,
    OutboxError,
    SettingsError,
    TopicError,
)


class JsonLines(logging.Formatter):
    """One JSON object per record: time, level, event and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line.update({name: value for name, value in vars(record).items() if name not in LOG_FIELDS})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return redacted(json.dumps(line, default=str))


def main(arguments: list[str] | None = None) -> int:
    """`python -m edge_agent run|check ...`; 0 in order, 1 out of order, 2 cannot start."""
    asked = _parser().parse_args(arguments)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=asked.log_level.upper(), handlers=[handler], force=True)
    try:
        return int(asked.action(asked))
    except REFUSALS as error:
        print(redacted(f"edge_agent: {error}"), file=sys.stderr)
        return 2


def run(asked: argparse.Namespace) -> int:
    """Measure until the source ends or a signal comes."""
    settings = _settings(asked)
    address = Address(LocationId(asked.location), DeviceId(asked.device))
    link = PahoLink(_broker(asked), address, keepalive_s=settings.link.keepalive_s)
    detector, pose = models_for(settings)
    camera = _camera(asked, settings)
    outbox = Outbox(
        asked.outbox or Path("var", f"{address.device}.outbox.sqlite3"),
        budget_bytes=settings.outbox.budget_bytes,
    )
    agent = Agent(
        settings,
        address=address,
        camera=camera,
        detector=detector,
        pose=pose,
        outbox=outbox,
        link=link,
    )
    stop = threading.Event()
    _on_signals(stop, camera)
    totals = agent.run(stop, drain_s=asked.drain)
    outbox.close()
    logging.getLogger("edge_agent").info("agent.totals", extra=totals.as_fields())
    return 0


def check(asked: argparse.Namespace) -> int:
    """Say of each thing that a run needs whether it is in order; 1 when one is not."""
    settings = _settings(asked)
    outbox = asked.outbox or Path("var", "outbox.sqlite3")
    checks: dict[str, Callable[[], str]] = {
        "settings": lambda: f"digest {settings.digest}",
        "camera": lambda: _first_frame(_camera(asked, settings), settings),
        "models": lambda: ", ".join(f"{one.name} {one.version}" for one in models_for(settings)),
        "clock": lambda: _plausible(datetime.now(UTC)),
        "disk": lambda: _room(outbox),
        "broker": lambda: _reachable(_broker(asked)),
    }
    failures = 0
    for name, answer in checks.items():
        try:
            print(f"{name:9} ok    {answer()}")
        except (*REFUSALS, OSError) as error:
            failures += 1
            print(f"{name:9} FAIL  {redacted(str(error))}")
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m edge_agent",
        description="Measures on the camera who looks at the screen, and sends counts only.",
    )
    actions = parser.add_subparsers(required=True, metavar="run|check")
    for action, about in ((run, "measure until told to stop"), (check, "say what is in order")):
        one = actions.add_parser(action.__name__, help=about, description=action.__doc__)
        one.set_defaults(action=action)
        _add_arguments(one, needs_name=action is run)
    return parser


def _add_arguments(parser: argparse.ArgumentParser, *, needs_name: bool) -> None:
    add = parser.add_argument
    add(
        "--source",
        required=True,
        metavar="URI",
        help="rtsp[s]://, http[s]://, /dev/videoN, or the path of a video file",
    )
    add("--broker", required=True, metavar="URL", help="mqtt[s]://[user:password@]host[:port]")
    add("--location", required=needs_name, metavar="ID", help="the place, such as KX-01")
    add("--device", required=needs_name, metavar="ID", help="this camera, such as kx-01-cam-1")
    add("--config", type=Path, metavar="FILE", help="settings in TOML; without it the defaults")
    add("--ca", type=Path, metavar="FILE", help="certificate authority of the broker (PEM)")
    add("--cert", type=Path, metavar="FILE", help="certificate of this device (PEM)")
    add("--key", type=Path, metavar="FILE", help="key of this device (PEM)")
    add("--outbox", type=Path, metavar="PATH", help="default: var/DEVICE.outbox.sqlite3")
    add("--speed", type=_speed, default=1.0, metavar="N|max", help="of a file; default 1")
    add("--loop", action="store_true", help="begin a file again when it has ended")
    add("--drain", type=float, default=10.0, metavar="S", help="wait so long for the last word")
    add("--log-level", default="info", choices=("debug", "info", "warning", "error"))


def _speed(text: str) -> float:
    speed = math.inf if text == "max" else float(text)
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"{text}: give a number above 0, or max")
    return speed


def _settings(asked: argparse.Namespace) -> Settings:
    return load(asked.config) if asked.config else Settings()


def _broker(asked: argparse.Namespace) -> Broker:
    return broker_at(asked.broker, ca=asked.ca, certificate=asked.cert, key=asked.key)


def _camera(asked: argparse.Namespace, settings: Settings) -> Camera:
    return open_camera(asked.source, settings.capture, speed=asked.speed, loop=asked.loop)


def _on_signals(stop: threading.Event, camera: Camera) -> None:
    def end(_number: int, _frame: object) -> None:
        stop.set()
        camera.close()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)


def _first_frame(camera: Camera, settings: Settings) -> str:
    patience_s = settings.capture.open_timeout_s + CONNECT_S
    try:
        for moment in camera:
            if isinstance(moment, Frame):
                return f"{moment.width_px} x {moment.height_px} from {camera.name}"
            if moment.elapsed_s > patience_s:
                break
    finally:
        camera.close()
    raise CaptureError(f"{camera.name} delivers no picture: check its power, network and address")


def _plausible(now: datetime) -> str:
    if now < EARLIEST_AT:
        raise OSError(f"{now.isoformat()} cannot be the time: set the clock, or let NTP do it")
    return now.isoformat(timespec="seconds")


def _room(outbox: Path) -> str:
    Outbox(outbox).close()
    free = shutil.disk_usage(outbox.parent).free
    if free < FREE_BYTES:
        raise OSError(f"{free} bytes free beside {outbox}, wanted {FREE_BYTES}: make room")
    return f"{free // 2**20} MiB free, {outbox} can be written"


def _reachable(broker: Broker) -> str:
    with socket.create_connection((broker.host, broker.port), timeout=CONNECT_S) as connection:
        if not broker.tls:
            return repr(broker)
        with tls_context(broker).wrap_socket(connection, server_hostname=broker.host) as secure:
            return f"{broker!r} ({secure.version()})"


if __name__ == "__main__":
    sys.exit(main())
