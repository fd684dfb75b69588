"""Run one hostile device among honest ones, on the real broker and stream."""

import queue
import threading
import time
from pathlib import Path

from sqlalchemy import func, select

from cloud.database import connect, minute_tallies, quarantined_devices, reading
from simulators.servers.process_group import ProcessGroup
from tests.hostile_device.honest import EVERY_S, HonestDevice, read_clock
from tests.hostile_device.hostile import HostileDevice
from tests.hostile_device.installation import PATIENCE_S, StreamInstallation, wait_until
from tests.hostile_device.scale import Outcome, Scale
from tests.programs import start_program


def run(folder: Path, scale: Scale) -> Outcome:
    """Run at this scale, and return what was measured."""
    installation, outcome = StreamInstallation(folder, scale), Outcome()
    with installation.open(), ProcessGroup(folder / "logs", start_program) as processes:
        stream = processes.start("stream", ["cloud", "stream", *installation.stream_options()])
        wait_until(lambda: "stream.started" in processes.log("stream").read_text())
        broker_pid = installation.supervisor.process_id
        *honest_addresses, hostile_address = installation.addresses
        honest = [
            HonestDevice(installation.link(address), address, number)
            for number, address in enumerate(honest_addresses, 1)
        ]
        for device in honest:
            device.link.start()
        wait_until(lambda: all(device.link.connected for device in honest))
        _exchange(
            honest, HostileDevice(installation, hostile_address, scale), scale.seconds, outcome
        )
        outcome.broker_restarts = int(installation.supervisor.process_id != broker_pid)
        outcome.stream_restarts = int(stream.poll() is not None)
        for device in honest:
            outcome.honest_disconnections += device.link.sessions - 1
            device.link.stop()
        _count_in_database(installation, hostile_address, outcome)
    outcome.audit = installation.count_audit()
    return outcome


def _exchange(honest, hostile, seconds, outcome):
    """Honest devices on this thread, the hostile one on its own, until all is acknowledged."""
    errors: queue.SimpleQueue = queue.SimpleQueue()

    def misbehave():
        try:
            hostile.run()
        except BaseException as error:
            errors.put(error)
            raise

    thread = threading.Thread(target=misbehave)
    thread.start()
    ends_s = time.monotonic() + seconds
    due_s = {
        device: time.monotonic() + EVERY_S * n / len(honest) for n, device in enumerate(honest)
    }
    try:
        while time.monotonic() < ends_s or hostile.has_more():
            assert errors.empty()
            for device in honest:
                if time.monotonic() >= due_s[device]:
                    due_s[device] += EVERY_S
                    device.produce(read_clock())
                device.exchange()
            time.sleep(0.01)
        give_up_s = time.monotonic() + PATIENCE_S
        while any(device.pending for device in honest) and time.monotonic() < give_up_s:
            for device in honest:
                device.exchange()
            time.sleep(0.01)
    finally:
        hostile.ended.set()
        thread.join()
    outcome.honest_sent = sum(device.sequence for device in honest)
    outcome.honest_acknowledged = sum(len(device.freshness_s) for device in honest)
    outcome.freshness_s = [one for device in honest for one in device.freshness_s]
    outcome.hostile_sent, outcome.hostile_sessions = hostile.sent, hostile.sessions


def _count_in_database(installation, hostile_address, outcome):
    engine = connect(installation.database)
    with reading(engine) as connection:
        rows = select(minute_tallies.c.device, func.sum(minute_tallies.c.entries))
        counted = dict(connection.execute(rows.group_by(minute_tallies.c.device)).all())
        outcome.quarantined = list(connection.scalars(select(quarantined_devices.c.device)))
    engine.dispose()
    outcome.hostile_counted = int(counted.pop(hostile_address.device, 0))
    outcome.honest_counted = int(sum(counted.values()))
