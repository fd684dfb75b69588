"""Measure until the sources end or a signal comes.

SIGINT and SIGTERM end a run in order: live visits are closed, the last interval is stored, and the
run waits up to `--drain` seconds for the cloud to acknowledge. A second signal ends that wait; the
reports stay in the outbox. Before anything is measured, Ctrl-C ends the run at once.
"""

import argparse
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

from edge_agent.agent import Agent
from edge_agent.cameras_config import CameraConfig
from edge_agent.commands.camera_options import create_camera, read_broker, read_cameras
from edge_agent.identity.folder import IdentityFolder
from edge_agent.management.device_management import DeviceManagement
from edge_agent.management.diagnostics import LogTail
from edge_agent.outbox import Outbox
from edge_agent.perception.shared_networks import SharedNetworks
from edge_agent.services import DeviceServices, start_services
from edge_agent.settings.camera_settings import Settings
from edge_agent.supervisor import Supervisor
from edge_agent.transport.broker import create_tls_context
from edge_agent.transport.factory import create_link
from edge_agent.updates.ab_update import ProgramSlots, report_healthy, restart_program
from wire.scalars import DeviceId

log = logging.getLogger("edge_agent")


def run(asked: argparse.Namespace) -> int:
    """Measure until the sources end or a signal comes; 1 when a recording was not read whole."""
    models = SharedNetworks()
    tail = LogTail()
    logging.getLogger().addHandler(tail)
    mounts = read_cameras(asked)
    unwell = {mount.address.device for mount in mounts}

    def well(device: DeviceId) -> None:
        unwell.discard(device)
        if not unwell:
            report_healthy()

    for mount in mounts:  # what cannot work is said before anything begins
        models.for_settings(mount.settings)
        broker = read_broker(asked, mount)
        if broker.tls:
            create_tls_context(broker)
        Outbox(mount.outbox_path).close()
        create_camera(asked, mount).close()
    with start_services(mounts) as around:
        station: Supervisor
        engage = partial(
            _run_camera, asked, models, around, lambda slot: station.restart(slot), tail, well
        )
        station = Supervisor(
            {mount.address.device: partial(engage, mount) for mount in mounts},
            drain_s=asked.drain,
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: _stop_or_hurry(station))
        every = station.run()
    for device, totals in every.items():
        log.info("agent.totals", extra={"device": device, **totals.as_fields()})
    if station.restarts:
        _restart(mounts[0].settings, station.into)
    is_whole = not station.unreadable and not any(totals.damaged for totals in every.values())
    return 0 if is_whole else 1


def _stop_or_hurry(station: Supervisor) -> None:
    """End in order at the first signal, without waiting for acknowledgements at the second."""
    if station.is_stopping:
        station.skip_drain()
    else:
        station.stop()


def _restart(settings: Settings, slot: Path | None) -> None:
    """Begin anew in this process, as another version if that proves itself."""
    log.info("agent.restarts", extra={"slot": slot and slot.name})
    slots = ProgramSlots(Path(settings.fleet.slots))
    if slot is not None and slots.try_slot(slot, sys.argv[1:]):
        slots.exec_current(sys.argv[1:])
    restart_program(sys.argv[1:])


@contextmanager
def _run_camera(
    asked: argparse.Namespace,
    models: SharedNetworks,
    around: DeviceServices,
    restart: Callable[[Path | None], None],
    tail: LogTail,
    on_ready: Callable[[DeviceId], None],
    mount: CameraConfig,
) -> Iterator[Agent]:
    """One camera's agent, ready to run and attended to, and its outbox closed behind it."""
    care = (
        DeviceManagement(
            IdentityFolder(mount.identity),
            mount.settings,
            models.for_settings,
            restart=restart,
            tail=tail,
            on_ready=on_ready,
        )
        if mount.identity
        else None
    )
    settings = care.settings if care else mount.settings
    detector, pose = care.networks if care else models.for_settings(settings)
    link = create_link(
        read_broker(asked, mount),
        mount.address,
        settings.link,
        subscriptions=care.subscriptions if care else (),
    )
    outbox = Outbox(mount.outbox_path, budget_bytes=settings.outbox.budget_bytes)
    try:
        agent = Agent(
            settings,
            address=mount.address,
            camera=create_camera(asked, mount, settings.capture),
            detector=detector,
            pose=pose,
            outbox=outbox,
            link=link,
            **around.company(mount),
        )
        with care.attend(agent, link) if care else nullcontext():
            yield agent
    finally:
        outbox.close()
