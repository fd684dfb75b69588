"""Measure until the sources end or a signal is received.

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
from edge_agent.outbox.rows import SignReport
from edge_agent.perception.shared_networks import SharedNetworks
from edge_agent.reporting.receipt_signing import ReceiptSigner
from edge_agent.services import DeviceServices, start_services
from edge_agent.settings.camera_settings import Settings
from edge_agent.supervisor import Supervisor
from edge_agent.transport.broker import BrokerEndpoint, create_tls_context
from edge_agent.transport.factory import create_link
from edge_agent.updates.ab_update import ProgramSlots, report_healthy, restart_program
from wire.scalars import DeviceId

log = logging.getLogger("edge_agent")


def run(arguments: argparse.Namespace) -> int:
    """Measure until the sources end or a signal; 1 when a recording was not read completely."""
    models = SharedNetworks()
    tail = LogTail()
    logging.getLogger().addHandler(tail)
    cameras = read_cameras(arguments)
    not_ready = {camera.address.device for camera in cameras}

    def on_ready(device: DeviceId) -> None:
        not_ready.discard(device)
        if not not_ready:
            report_healthy()

    for camera in cameras:  # report what cannot work before anything starts
        models.for_settings(camera.settings)
        broker = read_broker(arguments, camera)
        if broker.tls:
            create_tls_context(broker)
        Outbox(camera.outbox_path).close()
        create_camera(arguments, camera).close()
    with start_services(cameras) as services:
        station: Supervisor
        run_camera = partial(
            _run_camera,
            arguments,
            models,
            services,
            lambda slot: station.restart(slot),
            tail,
            on_ready,
        )
        station = Supervisor(
            {camera.address.device: partial(run_camera, camera) for camera in cameras},
            drain_s=arguments.drain,
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: _stop_or_hurry(station))
        totals = station.run()
    for device, one in totals.items():
        log.info("agent.totals", extra={"device": device, **one.as_fields()})
    if station.restarts:
        _restart(cameras[0].settings, station.into)
    is_whole = not station.unreadable and not any(one.damaged for one in totals.values())
    return 0 if is_whole else 1


def _stop_or_hurry(station: Supervisor) -> None:
    """End in order at the first signal, without waiting for acknowledgements at the second."""
    if station.is_stopping:
        station.skip_drain()
    else:
        station.stop()


def _restart(settings: Settings, slot: Path | None) -> None:
    """Restart in this process, as another version if its trial succeeds."""
    log.info("agent.restarting", extra={"slot": slot and slot.name})
    slots = ProgramSlots(Path(settings.fleet.slots))
    if slot is not None and slots.try_slot(slot, sys.argv[1:]):
        slots.exec_current(sys.argv[1:])
    restart_program(sys.argv[1:])


@contextmanager
def _run_camera(
    arguments: argparse.Namespace,
    models: SharedNetworks,
    services: DeviceServices,
    restart: Callable[[Path | None], None],
    tail: LogTail,
    on_ready: Callable[[DeviceId], None],
    camera: CameraConfig,
) -> Iterator[Agent]:
    """Create the agent of one camera with its management; close its outbox afterwards."""
    management = (
        DeviceManagement(
            IdentityFolder(camera.identity),
            camera.settings,
            models.for_settings,
            restart=restart,
            tail=tail,
            on_ready=on_ready,
            request_picture=partial(services.request_coarse_picture, camera.address.device),
        )
        if camera.identity
        else None
    )
    settings = management.settings if management else camera.settings
    detector, pose = management.networks if management else models.for_settings(settings)
    broker = read_broker(arguments, camera)
    link = create_link(
        broker,
        camera.address,
        settings.link,
        subscriptions=management.subscriptions if management else (),
    )
    outbox = Outbox(
        camera.outbox_path,
        budget_bytes=settings.outbox.budget_bytes,
        sign=create_signer(broker, settings),
    )
    try:
        agent = Agent(
            settings,
            address=camera.address,
            camera=create_camera(arguments, camera, settings.capture),
            detector=detector,
            pose=pose,
            outbox=outbox,
            link=link,
            **services.agent_services(camera),
        )
        with management.attend(agent, link) if management else nullcontext():
            yield agent
    finally:
        outbox.close()


def create_signer(broker: BrokerEndpoint, settings: Settings) -> SignReport | None:
    """Signs receipts with the certificate that authenticates the device; None without one."""
    if not settings.receipts.on or broker.certificate is None or broker.key is None:
        return None
    return ReceiptSigner(broker.certificate, broker.key).sign
