"""Run the agent on recorded videos and send its reports to a broker or a file.

All measurements are the agent's own, with its networks and settings. Each clip is one run of the
agent, so a visit does not continue from one clip to the next.
"""

import argparse
import logging
import math
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Final

from edge_agent.agent import Agent
from edge_agent.capture.camera import CaptureError
from edge_agent.capture.factory import open_camera
from edge_agent.metering.run_totals import RunTotals
from edge_agent.outbox import Link, Outbox, OutboxError
from edge_agent.outbox.rows import SignReport
from edge_agent.perception.face_detector import FaceDetector
from edge_agent.perception.head_pose import PoseEstimator
from edge_agent.perception.model_errors import ModelError
from edge_agent.perception.networks import open_networks
from edge_agent.reporting.receipt_signing import ReceiptSigner, SigningError, read_key_pair
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import SettingsError, load
from edge_agent.settings.privacy import PrivacySettings
from edge_agent.transport.broker import BrokerEndpoint, LinkError, parse_broker_url
from edge_agent.transport.loopback import LoopbackLink
from edge_agent.transport.paho import PahoLink
from simulators.clip_playlist import (
    PlaylistClip,
    ProgressCamera,
    compute_first_start,
    read_clips,
)
from simulators.footfall import add_outputs
from simulators.played_creatives import PlayedCreativesError, PlayerFeed, read_messages
from wire.command_line import CERTIFICATES, OptionError, add_certificates, refuse_options
from wire.envelope import AudienceEvent, Event, encode_event
from wire.process.interrupts import INTERRUPTED
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress, TopicError

CONNECT_WITHIN_S: Final = 5.0
PARTLY_READ: Final = 3  # exit code: parts of a recording are damaged or missing
EXACT_SETTINGS: Final = Settings(
    privacy=PrivacySettings(smallest_cell=1)
)  # synthetic people: exact times
REFUSALS: Final = (
    CaptureError,
    LinkError,
    ModelError,
    OutboxError,
    SettingsError,
    SigningError,
    TopicError,
)


class ReplayError(ValueError):
    """Invalid options of a replay."""


class UndeliveredError(RuntimeError):
    """The broker is unreachable, or the cloud did not acknowledge every report."""


@dataclass(slots=True)
class Replay:
    """Settings and state of a replay, shared by its clips."""

    settings: Settings
    address: DeviceAddress
    detector: FaceDetector
    pose: PoseEstimator
    link: Callable[[], Link]
    speed: float = math.inf
    loop: bool = False
    drain_s: float = 10.0
    feed: PlayerFeed | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    unreadable: list[str] = field(default_factory=list)
    is_interrupted: bool = False

    def play(
        self, playlist: Sequence[PlaylistClip], outbox: Outbox, starts_at: datetime
    ) -> Iterator[tuple[PlaylistClip, RunTotals]]:
        """Play one clip after the other; yield the totals of each."""
        alone = self.loop and len(playlist) == 1
        for clip in cycle(playlist) if self.loop and not alone else playlist:
            camera = ProgressCamera(
                open_camera(
                    str(clip.path),
                    self.settings.capture,
                    speed=self.speed,
                    loop=alone,
                    starts_at=starts_at,
                ),
                clip,
                self.feed,
            )
            agent = Agent(
                self.settings,
                address=self.address,
                camera=camera,
                detector=self.detector,
                pose=self.pose,
                outbox=outbox,
                link=self.link(),
                playing=self.feed.history if self.feed else None,
            )
            try:
                yield clip, agent.run(self.stop, drain_s=self.drain_s)
            except CaptureError as error:  # the other clips are measured nevertheless
                if len(playlist) == 1:
                    raise
                self.unreadable.append(str(error))
            starts_at += max(clip.length, timedelta(seconds=camera.elapsed_s))
            if self.stop.is_set():
                return


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m simulators replay`."""
    add = parser.add_argument
    add("videos", nargs="+", type=Path, metavar="VIDEO", help="video files, played in this order")
    add("--location", required=True, metavar="ID", help="location of the reports")
    add("--device", metavar="ID", help="device of the reports (default: LOCATION-sim, lower case)")
    add_outputs(parser.add_mutually_exclusive_group(required=True))
    add_certificates(parser)
    add(
        "--speed",
        type=parse_speed,
        default=math.inf,
        metavar="N|max",
        help="playback speed, 1 is real time (default: max)",
    )
    add("--loop", action="store_true", help="repeat the videos until Ctrl-C; needs --speed")
    add(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings of the agent, TOML (default: those of the agent, exact for small groups)",
    )
    add(
        "--starts-at",
        metavar="TIME",
        help="event time of the first frame, ISO 8601 with a time zone (default: so that the last "
        "video ends now)",
    )
    add(
        "--plays",
        type=Path,
        metavar="FILE.jsonl",
        help="messages of the player with their times, one a line (default: no creative is known)",
    )
    add(
        "--sign",
        nargs=2,
        type=Path,
        metavar=("CERT", "KEY"),
        help="certificate and key that sign a receipt of every report (default: no receipts)",
    )
    add(
        "--drain",
        type=float,
        default=10.0,
        metavar="S",
        help="seconds to wait for acknowledgements at the end (default: %(default)g)",
    )


def parse_speed(text: str) -> float:
    """Argument type of a factor of real time, or `max`."""
    try:
        found = math.inf if text == "max" else float(text)
    except ValueError:
        found = math.nan
    if not found > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a speed: give a number above 0, or max")
    return found


def run(arguments: argparse.Namespace) -> int:
    """Run the replay. The exit status is 0 if all reports are delivered, 1 if not, 2 if an option
    or a video is refused, 3 if parts of a video cannot be read, and 130 after Ctrl-C.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        return _run(arguments, now=datetime.now(UTC))
    except UndeliveredError as error:
        sys.stderr.write(f"replay: {error}\n")
        return 1
    except (*REFUSALS, OptionError, PlayedCreativesError, ReplayError, OSError) as error:
        sys.stderr.write(f"replay: {error}\n")
        return 2


def _run(arguments: argparse.Namespace, *, now: datetime) -> int:
    if arguments.broker is None:
        refuse_options(arguments, *CERTIFICATES, because="they are used with --broker only")
    if arguments.loop and math.isinf(arguments.speed):
        raise ReplayError("a loop at full speed never ends: give --speed a number, or no --loop")
    device = arguments.device or f"{arguments.location.lower()}-sim"
    address = DeviceAddress(LocationId(arguments.location), DeviceId(device))
    settings = load(arguments.config) if arguments.config else EXACT_SETTINGS
    playlist = read_clips(arguments.videos)
    starts_at = _starts_at(arguments.starts_at, now) or compute_first_start(
        playlist, arguments.speed, now
    )
    signer = _open_signer(*arguments.sign) if arguments.sign else None
    with _links(arguments, address, settings) as link, _outbox(signer) as outbox:
        detector, pose = open_networks(settings)
        replay = Replay(
            settings,
            address,
            detector,
            pose,
            link,
            arguments.speed,
            arguments.loop,
            arguments.drain,
            PlayerFeed(read_messages(arguments.plays)) if arguments.plays else None,
        )
        with _stopped_by_signals(replay):
            results = list(_print_results(replay.play(playlist, outbox, starts_at)))
    _print_totals(results)
    for reason in replay.unreadable:
        sys.stderr.write(f"replay: {reason}\n")
    if replay.is_interrupted and not arguments.loop:  # a loop has no other end
        return INTERRUPTED
    return PARTLY_READ if replay.unreadable or any(one.damaged for one in results) else 0


def _starts_at(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        starts_at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ReplayError(f"--starts-at {text[:60]!r}: {error}") from error
    if starts_at.tzinfo is None:
        raise ReplayError(f"--starts-at {text} has no time zone: write 2026-11-20T08:00+00:00")
    if starts_at > now:
        raise ReplayError(f"--starts-at {text} is in the future: the cloud would refuse it")
    return starts_at


def _open_signer(certificate: Path, key: Path) -> SignReport:
    read_key_pair(certificate, key)  # what cannot be used is refused before anything is played
    return ReceiptSigner(certificate, key).sign


@contextmanager
def _links(
    arguments: argparse.Namespace, address: DeviceAddress, settings: Settings
) -> Iterator[Callable[[], Link]]:
    """A factory of links, since a link serves one run."""
    if arguments.broker is not None:
        broker = parse_broker_url(
            arguments.broker, ca=arguments.ca, certificate=arguments.cert, key=arguments.key
        )
        _check_reachable(broker)
        yield lambda: PahoLink(broker, address, keepalive_s=settings.link.keepalive_s)
        return
    with arguments.out.open("wb") as lines:

        def write(event: Event) -> bool:
            if isinstance(event, AudienceEvent):
                lines.write(encode_event(event) + b"\n")
            return True

        yield lambda: LoopbackLink(address, write)


def _check_reachable(broker: BrokerEndpoint) -> None:
    try:
        socket.create_connection((broker.host, broker.port), timeout=CONNECT_WITHIN_S).close()
    except OSError as error:
        raise UndeliveredError(
            f"no broker at {broker!r} ({error}): start one or correct --broker"
        ) from error


@contextmanager
def _outbox(sign: SignReport | None) -> Iterator[Outbox]:
    with tempfile.TemporaryDirectory(prefix="onlooker-replay-") as folder:
        outbox = Outbox(Path(folder, "outbox.sqlite3"), sign=sign)
        try:
            yield outbox
        finally:
            outbox.close()


@contextmanager
def _stopped_by_signals(replay: Replay) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop the replay; open visits are closed and sent."""

    def stop(number: int, _frame: object) -> None:
        replay.is_interrupted |= number == signal.SIGINT
        replay.stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


HEADINGS: Final = (
    "clip", "reports", "visits", "onlookers", "dwell s", "attention s", "observed s", "blind s",
)  # fmt: skip


def _print_results(results: Iterator[tuple[PlaylistClip, RunTotals]]) -> Iterator[RunTotals]:
    _print_row(HEADINGS)
    for clip, totals in results:
        sys.stderr.write("\r\x1b[K" if sys.stderr.isatty() else "\n")
        _print_row((clip.path.name, *_figures(totals)))
        if totals.damaged:
            sys.stderr.write(
                f"replay: {totals.damaged} packets of {clip.path.name} could not be read: their "
                "time is unobserved, copy the file again\n"
            )
        yield totals


def _figures(totals: RunTotals) -> tuple[str, ...]:
    blind_ms = sum(totals.blind_ms.values())
    counts = (totals.reports, totals.visits, totals.onlookers)
    times = (totals.dwell_ms, totals.looking_ms, totals.observed_ms, blind_ms)
    return (*map(str, counts), *(f"{spent_ms / 1000:.1f}" for spent_ms in times))


def _print_row(cells: Sequence[str]) -> None:
    sys.stdout.write(f"{cells[0][:38]:38s}" + "".join(f"{cell:>12s}" for cell in cells[1:]) + "\n")
    sys.stdout.flush()


def _print_totals(results: Sequence[RunTotals]) -> None:
    if results and results[-1].unacknowledged:
        raise UndeliveredError(
            f"{results[-1].unacknowledged} reports were not acknowledged and are lost with the "
            "temporary outbox: is `python -m cloud stream` running, and is the camera in its "
            "sites file? Raise --drain to wait longer"
        )
    if len(results) > 1:
        whole = RunTotals()
        for totals in results:
            _add(whole, totals)
        _print_row(("all", *_figures(whole)))


def _add(whole: RunTotals, totals: RunTotals) -> None:
    for name in ("reports", "visits", "onlookers", "dwell_ms", "looking_ms", "observed_ms"):
        setattr(whole, name, getattr(whole, name) + getattr(totals, name))
    for cause, spent_ms in totals.blind_ms.items():
        whole.blind_ms[cause] = whole.blind_ms.get(cause, 0) + spent_ms
