"""What the fleet's service costs: shadows, enrolments, and ten thousand registered cameras.

Run it alone on the machine: `python tests/benchmarks/fleet.py`. In one process, on SQLite with full
synchronisation, without a network: the broker and TLS come on top. CPU time and wall time are both
shown; on a busy machine only the first means much.
"""

import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cloud.database import connect, create, reading, writing
from cloud.fleet import tables
from cloud.fleet.enrolment.allow_list import AllowedCamera, allow
from cloud.fleet.enrolment.ca_client import read_common_name
from cloud.fleet.enrolment.claim_provisioning import CertificateHolder, Enrolment, HolderKind
from cloud.fleet.history import Author
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import DeviceSelector
from cloud.fleet.service import FleetService
from cloud.fleet.shadows import desired_config
from provisioning.authority.ca import create_authority
from provisioning.ca_service import perform
from wire.fleet.enrolment import CREATE, PROVISION

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
AUTHOR = Author("bench", START)
REGISTERED, UPDATES, ENROLMENTS = 10_000, 2_000, 200
KEY = ec.generate_private_key(ec.SECP256R1())


def measured(what: str, count: int, act: Callable[[], object]) -> None:
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    act()
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    each_ms = cpu_s / count * 1e3
    print(f"{what:44} {cpu_s:7.2f} s CPU  {wall_s:7.2f} s wall  {each_ms:7.3f} ms CPU each")


def registered(folder: Path):
    engine = connect(f"sqlite:///{folder}/fleet.db")
    create(engine)
    rows = [
        {
            "name": f"cam-{number}",
            "location": f"L-{number % 500}",
            "kind": "camera",
            "attributes": "{}",
            "created_at": START,
        }
        for number in range(REGISTERED)
    ]
    members = [{"name": "half", "device": row["name"]} for row in rows[::2]]
    with writing(engine) as connection:
        connection.execute(tables.device_table.insert(), rows)
        connection.execute(tables.device_groups.insert(), members)
    return engine


def update_shadows(engine) -> None:
    answered = []
    service = FleetService(engine, lambda topic, _: answered.append(topic), lambda: START)
    body = json.dumps({"state": {"reported": {"report_interval_ms": 20_000}}}).encode()
    for number in range(UPDATES):
        service.take(f"$aws/things/cam-{number}/shadow/name/config/update", body)
    while len(answered) < 2 * UPDATES:
        service.step(0)


def request(name: str) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def enrol(engine, folder: Path) -> None:
    authority = create_authority(folder / "ca", name="Bench", secret=None, at=START)
    enrolment = Enrolment(
        engine, lambda command: perform(authority, command, at=START), read_common_name
    )
    holder = CertificateHolder(HolderKind.CLAIM, "batch")
    names = [f"new-{number}" for number in range(ENROLMENTS)]
    with writing(engine) as connection:
        allow(
            connection, [AllowedCamera(f"SN-{one}", "batch", one, "L-1") for one in names], AUTHOR
        )
    for name in names:
        asked = {"certificateSigningRequest": request(name)}
        created = enrolment.answer(holder, CREATE, json.dumps(asked).encode(), at=START)
        provision = {
            "certificateOwnershipToken": created["certificateOwnershipToken"],
            "parameters": {"SerialNumber": f"SN-{name}"},
        }
        enrolment.answer(holder, PROVISION, json.dumps(provision).encode(), at=START)


def listed(engine) -> int:
    with reading(engine) as connection:
        return len(devices.find_devices(connection, DeviceSelector()))


def set_desired(engine) -> int:
    with writing(engine) as connection:
        return len(
            desired_config.set_desired(
                connection, DeviceSelector(group="half"), {"paused": True}, AUTHOR
            )
        )


def drift(engine) -> int:
    with reading(engine) as connection:
        return len(desired_config.find_drift(connection, DeviceSelector()))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = registered(folder)
        measured("shadow updates", UPDATES, lambda: update_shadows(engine))
        measured("enrolments", ENROLMENTS, lambda: enrol(engine, folder))
        measured(f"a list of {REGISTERED:,}", REGISTERED, lambda: listed(engine))
        measured(
            f"a desired config of {REGISTERED // 2:,}", REGISTERED // 2, lambda: set_desired(engine)
        )
        measured(f"drift among {REGISTERED:,}", REGISTERED // 2, lambda: drift(engine))
        engine.dispose()


if __name__ == "__main__":
    main()
