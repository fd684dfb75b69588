"""The whole line on one machine: broker, cloud, cameras, and a price at the end of it.

Everything is the real thing, started as an installation would start it. Only the street is
drawn: a scene of people walking past, turning and stopping, whose truth is known.
"""

import argparse
import json
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from simulators.servers.mosquitto import Mosquitto, MosquittoError, free_port
from simulators.servers.process_group import Crew, CrewError

PLACE: Final = "KX-01"
PLACE_OF_YOURS: Final = "LB-01"
SCENE: Final = ("--people", "8", "--seconds", "40", "--seed", "7")
HISTORY_DAYS: Final = 28
RESULTS_WITHIN_S: Final = 150.0
AGENT_SETTINGS: Final = "interval_s = 10\n[privacy]\nsmallest_cell = 1\n"  # drawn people


class DemoError(RuntimeError):
    """The line did not deliver."""


@dataclass(frozen=True, slots=True)
class Line:
    """The running line: who works on it and where it is reached."""

    crew: Crew
    broker: Mosquitto
    folder: Path
    api: str

    @property
    def database(self) -> str:
        """Where the cloud keeps everything."""
        return f"sqlite:///{self.folder / 'onlooker.db'}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m simulators demo`."""
    parser.add_argument("--video", type=Path, help="a clip of your own, as a second camera")
    parser.add_argument("--seconds", type=float, help="end after this long; without it: Ctrl-C")
    parser.add_argument("--folder", type=Path, default=Path("var/demo"), help="where it works")


def run(arguments: argparse.Namespace) -> int:
    """Run the demonstration; 0 when a price came out and everybody went home."""
    started = time.monotonic()
    try:
        if arguments.video is not None and not arguments.video.is_file():
            raise DemoError(f"VIDEO={arguments.video} is not a file")
        with _line(arguments.folder) as line:
            _film(line, arguments.video)
            _show(line, arguments.video)
            _stay(line, until=started + arguments.seconds if arguments.seconds else None)
    except KeyboardInterrupt:
        _say("")
    except (CrewError, DemoError, MosquittoError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    _say("Everything has ended.")
    return 0


@contextmanager
def _line(folder: Path) -> Iterator[Line]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    broker = Mosquitto(folder / "mosquitto")
    with Crew(folder / "logs") as crew:
        port = free_port()
        line = Line(crew=crew, broker=broker, folder=folder, api=f"http://127.0.0.1:{port}")
        with _step("broker"):
            broker.start()
        try:
            with _step("cloud: stream and API"):
                database = ["--database", line.database]
                crew.engage("stream", ["cloud", "stream", "--broker", broker.url, *database])
                crew.engage("serve", ["cloud", "serve", "--port", str(port), *database])
                _wait(line, "/readyz", lambda ready: True)
            yield line
        finally:
            crew.dismiss()
            broker.stop()


def _film(line: Line, video: Path | None) -> None:
    with _step(f"{HISTORY_DAYS} days of plausible history for {PLACE}"):
        until = datetime.now(UTC) - timedelta(hours=1)  # the last hour belongs to the cameras
        history = ["--location", PLACE, "--days", str(HISTORY_DAYS), "--until", until.isoformat()]
        sender = ["--device", _device(PLACE), "--broker", line.broker.url]
        line.crew.perform("footfall", ["simulators", "footfall", *history, *sender])
    clip = line.folder / "scene.mp4"
    with _step("a scene, drawn"):
        truth = ["--out", str(clip), "--truth", str(line.folder / "truth.json")]
        line.crew.perform("scene", ["simulators", "scene", *SCENE, *truth])
    with _step("cameras"):
        _camera(line, PLACE, clip)
        if video is not None:
            _camera(line, PLACE_OF_YOURS, video)


def _camera(line: Line, place: str, clip: Path) -> None:
    device = _device(place)
    settings = line.folder / "agent.toml"
    settings.write_text(AGENT_SETTINGS)
    options = {
        "--source": clip,
        "--location": place,
        "--device": device,
        "--broker": line.broker.url,
        "--config": settings,
        "--outbox": line.folder / f"{device}.db",
        "--speed": 1,
    }
    pairs = [str(word) for option in options.items() for word in option]
    line.crew.engage(device, ["edge_agent", "run", *pairs, "--loop"])


def _device(place: str) -> str:
    """The camera that the sample sites file expects there; history and live reports are its own."""
    return f"{place.lower()}-cam-1"


def _show(line: Line, video: Path | None) -> None:
    with _step("the first visits, measured and counted"):
        live = {PLACE: _wait(line, _live(PLACE), _somebody_left)}
        if video is not None:  # nobody knows whether anybody comes in it
            live[PLACE_OF_YOURS] = _wait(line, _live(PLACE_OF_YOURS), _something_was_measured)
    for place, answer in live.items():
        _say(f"\nMeasured at {place}, the window of these five minutes\n")
        _say(_window(answer["windows"][-1]))
    slot = _next_morning(datetime.now(UTC))
    _say(f"\nOne slot at {PLACE}, explained\n")
    price = ["cloud", "price", PLACE, slot, "--explain", "--url", line.api]
    _say(line.crew.perform("price", price))
    logs = line.crew.log("stream").parent
    _say(
        f"Look around:\n  {line.api}/        the live page\n  {line.api}/docs    the API\n"
        f"  {line.api}/api/audience/{PLACE}?window=5m\n"
        f"  {line.api}/api/pricing/slot/{PLACE}/{slot}\n  {logs}  logs"
    )


def _window(window: Mapping[str, Any]) -> str:
    rows = {
        "window": f"{window['starts_at'][11:16]} to {window['ends_at'][11:16]} UTC, so far",
        "the camera could see": f"{window['observed_share']:.0%} of it",
        "people in view": f"{_figure(window['crowd'])} on average, {window['peak']} at most",
        "came into view": window["entries"],
        "visits ended": window["visits"],
        "really looked": window["onlookers"],
        "looking, all together": f"{window['looking_s']:.1f} s",
        "dwell": f"{_figure(window['dwell_mean_s'])} s on average",
    }
    return "\n".join(f"  {name:<24}{value}" for name, value in rows.items())


def _figure(value: float | None) -> str:
    return "?" if value is None else f"{value:.1f}"


def _live(place: str) -> str:
    return f"/api/audience/{place}?window=5m"


def _something_was_measured(answer: Mapping[str, Any]) -> bool:
    return bool(answer["windows"])


def _somebody_left(answer: Mapping[str, Any]) -> bool:
    return _something_was_measured(answer) and answer["windows"][-1]["visits"] > 1


def _next_morning(now: datetime) -> str:
    """Eight o'clock local time of the next working day, as a time slot."""
    day = now.date() + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return f"{day.isoformat()}T08:00"


def _stay(line: Line, *, until: float | None) -> None:
    _say("\nPress Ctrl-C to end." if until is None else "")
    while until is None or time.monotonic() < until:
        line.crew.check()
        time.sleep(0.2)


def _wait(line: Line, path: str, satisfied: Callable[[Any], bool]) -> Any:
    """Ask the API again and again until its answer satisfies."""
    deadline = time.monotonic() + RESULTS_WITHIN_S
    while time.monotonic() < deadline:
        line.crew.check()
        try:
            with urllib.request.urlopen(line.api + path, timeout=5) as answer:  # noqa: S310  loopback
                body = json.load(answer)
            if satisfied(body):
                return body
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass  # not up yet
        time.sleep(0.3)
    raise DemoError(
        f"{path} gave no result within {RESULTS_WITHIN_S:.0f} s; see {line.folder / 'logs'}"
    )


@contextmanager
def _step(what: str) -> Iterator[None]:
    started = time.monotonic()
    sys.stdout.write(f"{what:<50s} ")
    sys.stdout.flush()
    yield
    _say(f"{time.monotonic() - started:5.1f} s")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
