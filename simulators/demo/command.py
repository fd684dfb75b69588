"""Broker, cloud and cameras on one machine: an explained price, a sale, and the portal.

It starts the same programs as an installation. Only the videos are synthetic.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

from simulators.demo.console import print_line, print_step
from simulators.demo.portal.addresses import describe_portal
from simulators.demo.portal.opening import open_portal
from simulators.demo.running import Demo, DemoError, start_server, wait_for
from simulators.demo.sale.flight import choose_flight
from simulators.demo.sale.journey import run_sale
from simulators.demo.sale.sales_server import open_sales_server
from simulators.servers.mosquitto import Mosquitto, MosquittoError, free_port
from simulators.servers.process_group import ProcessGroup, ProcessGroupError

LOCATION: Final = "KX-01"
LOCATION_OF_VIDEO: Final = "LB-01"
SCENE: Final = (
    *("--people", "5", "--seconds", "24", "--seed", "7"),
    *("--size", "960x540", "--fps", "10"),
)
SCENE_FILE: Final = "scene.mp4"
TRUTH_FILE: Final = "truth.json"
HISTORY_DAYS: Final = 28
AGENT_SETTINGS: Final = "interval_s = 10\n[privacy]\nsmallest_cell = 1\n"  # synthetic people


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m simulators demo`."""
    parser.add_argument(
        "--video", type=Path, metavar="FILE", help="video for a second camera (default: none)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        metavar="S",
        help="stop this many seconds after the addresses are printed (default: at Ctrl-C)",
    )
    parser.add_argument(
        "--complete",
        action="store_true",
        help="also run the nightly job and write mails into a folder; needs the lake's libraries",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("var/demo"),
        help="working folder, deleted at the start (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the demonstration; 0 when it printed a price and every process stopped."""
    try:
        if arguments.video is not None and not arguments.video.is_file():
            raise DemoError(f"VIDEO={arguments.video} is not a file")
        with _started(arguments.folder) as demo:
            with _measuring(demo, arguments.video):
                _show_results(demo, arguments.video)
            _run_sale_and_portal(demo, arguments)
    except KeyboardInterrupt:
        print_line("")
    except (ProcessGroupError, DemoError, MosquittoError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    print_line("All processes have stopped.")
    return 0


def _run_sale_and_portal(demo: Demo, arguments: argparse.Namespace) -> None:
    """The sale, then the portal with its figures until the end."""
    flight = choose_flight(datetime.now(UTC))
    with open_sales_server(demo, flight) as sales:
        campaign = run_sale(sales, flight, demo.folder / SCENE_FILE)
        with open_portal(sales, is_complete=arguments.complete) as portal:
            _start_cameras(demo, arguments.video)
            slot = _next_morning(datetime.now(UTC))
            print_line(describe_portal(portal, campaign, LOCATION, slot))
            _wait_for_end(demo, arguments.seconds)


@contextmanager
def _started(folder: Path) -> Iterator[Demo]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    broker = Mosquitto(folder / "mosquitto")
    with ProcessGroup(folder / "logs") as processes:
        port = free_port()
        demo = Demo(
            processes=processes, broker=broker, folder=folder, api=f"http://127.0.0.1:{port}"
        )
        with print_step("broker"):
            broker.start()
        try:
            with print_step("stream"):
                database = ["--database", demo.database]
                processes.run("database", ["cloud", "database", "upgrade", *database])
                processes.start("stream", ["cloud", "stream", "--broker", broker.url, *database])
            yield demo
        finally:
            processes.stop()
            broker.stop()


@contextmanager
def _measuring(demo: Demo, video: Path | None) -> Iterator[None]:
    """The API and the cameras while the block runs; the sale that follows has another clock."""
    server = start_server(demo, "open")
    _send_history(demo)
    _draw_scene(demo)
    cameras = _start_cameras(demo, video)
    yield
    for process in (*cameras, server):
        demo.processes.end(process)


def _send_history(demo: Demo) -> None:
    with print_step(f"{HISTORY_DAYS} days of generated history for {LOCATION}"):
        until = datetime.now(UTC) - timedelta(hours=1)  # the cameras report the last hour
        history = [
            *("--location", LOCATION, "--days", str(HISTORY_DAYS), "--until", until.isoformat()),
            *("--device", _device(LOCATION), "--broker", demo.broker.url),
        ]
        demo.processes.run("footfall", ["simulators", "footfall", *history])


def _draw_scene(demo: Demo) -> None:
    with print_step("synthetic scene"):
        files = ["--out", str(demo.folder / SCENE_FILE), "--truth", str(demo.folder / TRUTH_FILE)]
        demo.processes.run("scene", ["simulators", "scene", *SCENE, *files])


def _start_cameras(demo: Demo, video: Path | None) -> list[Popen[bytes]]:
    with print_step("cameras"):
        started = [_start_camera(demo, LOCATION, demo.folder / SCENE_FILE)]
        if video is not None:
            started.append(_start_camera(demo, LOCATION_OF_VIDEO, video))
    return started


def _start_camera(demo: Demo, location: str, clip: Path) -> Popen[bytes]:
    device = _device(location)
    settings = demo.folder / "agent.toml"
    settings.write_text(AGENT_SETTINGS)
    options = {
        "--source": clip,
        "--location": location,
        "--device": device,
        "--broker": demo.broker.url,
        "--config": settings,
        "--outbox": demo.folder / f"{device}.db",
        "--speed": 1,
    }
    pairs = [str(word) for option in options.items() for word in option]
    return demo.processes.start(device, ["edge_agent", "run", *pairs, "--loop"])


def _device(location: str) -> str:
    """The camera of the location in the sample sites file; it sends history and live reports."""
    return f"{location.lower()}-cam-1"


def _show_results(demo: Demo, video: Path | None) -> None:
    with print_step("first visits, measured and counted"):
        live = {LOCATION: wait_for(demo, _audience_path(LOCATION), _has_visits)}
        if video is not None:  # it may show no people
            live[LOCATION_OF_VIDEO] = wait_for(
                demo, _audience_path(LOCATION_OF_VIDEO), _has_windows
            )
    for location, answer in live.items():
        print_line(f"\nMeasured at {location} in the current window of 5 minutes\n")
        print_line(_window(answer["windows"][-1]))
    slot = _next_morning(datetime.now(UTC))
    print_line(f"\nOne slot at {LOCATION}, explained\n")
    price = ["cloud", "price", LOCATION, slot, "--explain", "--url", demo.api]
    print_line(demo.processes.run("price", price))


def _window(window: Mapping[str, Any]) -> str:
    rows = {
        "window": f"{window['starts_at'][11:16]} to {window['ends_at'][11:16]} UTC, so far",
        "observed": f"{window['observed_share']:.0%} of it",
        "people in view, mean": _figure(window["crowd"]),
        "people in view, most": _count(window["peak"]),
        "entries": _count(window["entries"]),
        "visits ended": _count(window["visits"]),
        "onlookers": _count(window["onlookers"]),
        "attention, total": _figure(window["attention_s"], " s"),
        "dwell, mean": _figure(window["dwell_mean_s"], " s"),
    }
    return "\n".join(f"  {name:<24}{value}" for name, value in rows.items())


def _count(value: int | None) -> str:
    return "no data" if value is None else str(value)


def _figure(value: float | None, unit: str = "") -> str:
    return "no data" if value is None else f"{value:.1f}{unit}"


def _audience_path(location: str) -> str:
    return f"/api/audience/{location}?window=5m"


def _has_windows(answer: Mapping[str, Any]) -> bool:
    return bool(answer["windows"])


def _has_visits(answer: Mapping[str, Any]) -> bool:
    return _has_windows(answer) and (answer["windows"][-1]["visits"] or 0) > 1


def _next_morning(now: datetime) -> str:
    """Eight o'clock local time of the next working day, as a time slot."""
    day = now.date() + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return f"{day.isoformat()}T08:00"


def _wait_for_end(demo: Demo, seconds: float | None) -> None:
    shown = time.monotonic()
    end = "" if seconds is None else f"Ends by itself in {seconds:.0f} seconds. "
    print_line(f"\n{end}Press Ctrl-C to end.")
    while seconds is None or time.monotonic() < shown + seconds:
        demo.processes.check()
        time.sleep(0.2)
