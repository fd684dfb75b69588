"""The agent's front door: `run` measures until it is told to stop, `check` says what is in order,
`enrol` makes a camera out of a box with a claim.

One camera is named on the command line; several stand in the settings file (`roster.py`).
SIGINT and SIGTERM end a run in order: live visits are closed, the last interval is sealed, and
the cloud is given a moment to acknowledge.
"""

import argparse
import logging
import math
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import cv2

from edge_agent import roster
from edge_agent.agent import Agent
from edge_agent.capture import Camera, open_camera
from edge_agent.check import REFUSALS, certificate, first_frame, plausible, reachable, room, told
from edge_agent.enrolment import command as enrolment
from edge_agent.enrolment.procedure import broker_of
from edge_agent.identity import IdentityFolder
from edge_agent.link.broker import Broker, LinkError, broker_at
from edge_agent.link.choice import link_for
from edge_agent.logs import write_json_lines
from edge_agent.management.care import Care
from edge_agent.management.diagnosis import LogTail
from edge_agent.outbox import Outbox
from edge_agent.roster import Mount
from edge_agent.settings import CaptureSettings, Settings, SettingsError
from edge_agent.slots import Slots, begin_anew, say_well
from edge_agent.station import Models, Station
from edge_agent.surroundings import Surroundings, surroundings
from wire.addresses import hide_addresses
from wire.scalars import DeviceId, LocationId
from wire.topics import Address

log = logging.getLogger("edge_agent")


def main(arguments: list[str] | None = None) -> int:
    """`python -m edge_agent run|check|enrol ...`; 0 in order, 1 out of order, 2 cannot start."""
    asked = _parser().parse_args(arguments)
    write_json_lines(asked.log_level)
    cv2.setNumThreads(1)  # its threads spin for work that takes a tenth of a millisecond
    try:
        return int(asked.action(asked))
    except REFUSALS as error:
        print(hide_addresses(f"edge_agent: {error}"), file=sys.stderr)
        return 2


def run(asked: argparse.Namespace) -> int:
    """Measure until the sources end or a signal comes."""
    models = Models()
    tail = LogTail()
    logging.getLogger().addHandler(tail)
    mounts = _mounts(asked)
    unwell = {mount.address.device for mount in mounts}

    def well(device: DeviceId) -> None:
        unwell.discard(device)
        if not unwell:
            say_well()

    for mount in mounts:  # what cannot work is said before anything begins
        models.for_settings(mount.settings)
        _broker(asked, mount)
        Outbox(mount.outbox_path).close()
        _camera(asked, mount).close()
    with surroundings(mounts) as around:
        station: Station
        engage = partial(
            _engaged, asked, models, around, lambda slot: station.restart(slot), tail, well
        )
        station = Station(
            {mount.address.device: partial(engage, mount) for mount in mounts},
            drain_s=asked.drain,
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: station.stop())
        every = station.run()
    for device, totals in every.items():
        log.info("agent.totals", extra={"device": device, **totals.as_fields()})
    if station.restarts:
        _restart(mounts[0].settings, station.into)
    return 0


def _restart(settings: Settings, slot: Path | None) -> None:
    """Begin anew in this process, as another version if that proves itself."""
    log.info("agent.restarts", extra={"slot": slot and slot.name})
    slots = Slots(Path(settings.fleet.slots))
    if slot is not None and slots.prove(slot, sys.argv[1:]):
        slots.become_current(sys.argv[1:])
    begin_anew(sys.argv[1:])


@contextmanager
def _engaged(
    asked: argparse.Namespace,
    models: Models,
    around: Surroundings,
    restart: Callable[[Path | None], None],
    tail: LogTail,
    well: Callable[[DeviceId], None],
    mount: Mount,
) -> Iterator[Agent]:
    """One camera's agent, ready to run and attended to, and its outbox closed behind it."""
    care = (
        Care(
            IdentityFolder(mount.identity),
            mount.settings,
            models.for_settings,
            restart=restart,
            tail=tail,
            well=well,
        )
        if mount.identity
        else None
    )
    settings = care.settings if care else mount.settings
    detector, pose = care.networks if care else models.for_settings(settings)
    link = link_for(
        _broker(asked, mount),
        mount.address,
        settings.link,
        hears=care.hears if care else (),
    )
    outbox = Outbox(mount.outbox_path, budget_bytes=settings.outbox.budget_bytes)
    try:
        agent = Agent(
            settings,
            address=mount.address,
            camera=_camera(asked, mount, settings.capture),
            detector=detector,
            pose=pose,
            outbox=outbox,
            link=link,
            **around.company(mount),
        )
        with care.attending(agent, link) if care else nullcontext():
            yield agent
    finally:
        outbox.close()


def check(asked: argparse.Namespace) -> int:
    """Say of each thing that a run needs whether it is in order; 1 when one is not."""
    mounts = _mounts(asked)
    models = Models()
    checks: dict[str, Callable[[], str]] = {}
    for mount in mounts:
        whose = f" {mount.address.device}" if len(mounts) > 1 else ""
        checks |= {f"{what}{whose}": say for what, say in _checks(asked, mount, models).items()}
    checks["clock"] = lambda: plausible(datetime.now(UTC))
    lines, failures = told(checks)
    print("\n".join(lines))
    return 1 if failures else 0


def _checks(
    asked: argparse.Namespace, mount: Mount, models: Models
) -> dict[str, Callable[[], str]]:
    settings = mount.settings

    def opened() -> str:
        return ", ".join(f"{one.name} {one.version}" for one in models.for_settings(settings))

    return {
        "settings": lambda: f"digest {settings.digest}",
        "camera": lambda: first_frame(_camera(asked, mount), settings.capture),
        "models": opened,
        "disk": lambda: room(mount.outbox_path),
        "broker": lambda: reachable(_broker(asked, mount)),
        "certificate": lambda: certificate(
            _broker(asked, mount), datetime.now(UTC), mount.address.device
        ),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m edge_agent",
        description="Measures on the camera who looks at the screen, and sends counts only.",
    )
    actions = parser.add_subparsers(required=True, metavar="run|check|enrol")
    for action, about in ((run, "measure until told to stop"), (check, "say what is in order")):
        one = actions.add_parser(action.__name__, help=about, description=action.__doc__)
        one.set_defaults(action=action)
        _add_arguments(one)
    enrolment.add_arguments(
        actions.add_parser(
            "enrol", help="from a claim to a certificate", description=enrolment.run.__doc__
        )
    )
    return parser


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--source",
        metavar="URI",
        help="rtsp[s]://, http[s]://, /dev/videoN, or the path of a video file",
    )
    add("--identity", type=Path, metavar="DIR", help="of an enrolled camera: who it is, and where")
    add("--broker", metavar="URL", help="mqtt[s]://[user:password@]host[:port]")
    add("--location", metavar="ID", help="the place, such as KX-01")
    add("--device", metavar="ID", help="this camera, such as kx-01-cam-1")
    add("--config", type=Path, metavar="FILE", help="settings in TOML; may name several cameras")
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


def _mounts(asked: argparse.Namespace) -> tuple[Mount, ...]:
    """The cameras of the settings file, or the one of the command line."""
    settings, mounts = roster.load(asked.config) if asked.config else (Settings(), ())
    one = {name: getattr(asked, name) for name in ("source", "location", "device")}
    if asked.identity:
        mine = IdentityFolder(asked.identity).belonging()
        one |= {"location": mine.location, "device": mine.device}
    given = [f"--{name}" for name, value in one.items() if value is not None]
    if mounts and given:
        raise SettingsError(f"{asked.config} names its cameras: leave {' and '.join(given)} out")
    if mounts:
        return mounts
    if asked.action is check and asked.source:
        one = {"location": "check", "device": "check"} | {k: v for k, v in one.items() if v}
    missing = [f"--{name}" for name, value in one.items() if value is None]
    if missing:
        raise SettingsError(
            f"no camera: give {' and '.join(missing)}, or --config a file with [[camera]] tables"
        )
    address = Address(LocationId(one["location"]), DeviceId(one["device"]))
    return (Mount(one["source"], address, settings, outbox=asked.outbox, identity=asked.identity),)


def _broker(asked: argparse.Namespace, mount: Mount) -> Broker:
    if mount.identity:
        return broker_of(IdentityFolder(mount.identity))
    if not asked.broker:
        raise LinkError("no broker: give --identity, or --broker with its certificates")
    return broker_at(
        asked.broker,
        ca=asked.ca,
        certificate=mount.certificate or asked.cert,
        key=mount.key or asked.key,
    )


def _camera(
    asked: argparse.Namespace, mount: Mount, capture: CaptureSettings | None = None
) -> Camera:
    return open_camera(
        mount.source,
        capture or mount.settings.capture,
        substream=mount.substream,
        speed=asked.speed,
        loop=asked.loop,
        changeable=mount.identity is not None,
    )


if __name__ == "__main__":
    sys.exit(main())
