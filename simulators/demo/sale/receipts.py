"""Receipts of the flight: the camera's identity, the advertiser's file, and its verification.

The certificate authority is that of an installation. The buyer verifies the file without the
server and the database: with the root certificate of the devices and the public key of the log.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from edge_agent.identity.certificates import create_signing_request, private_key_to_pem
from simulators.demo.running import Demo, DemoError
from simulators.demo.sale.flight import Flight
from simulators.demo.sale.sales_api import SaleRole, SalesApi
from simulators.servers.process_group import ProcessGroupError
from wire.scalars import DeviceId

ORIGIN: Final = "demo.example/receipts"
FILE: Final = "harbour-tea.receipts"


@dataclass(frozen=True, slots=True)
class ReceiptKeys:
    """The keys of the camera and of the log, and what a buyer needs to verify a file."""

    certificate: Path
    key: Path
    root: Path
    log_key: Path
    public_log_key: str


def create_receipt_keys(demo: Demo, flight: Flight, environment: Mapping[str, str]) -> ReceiptKeys:
    """Create the authority, the certificate of the camera, and the key of the log."""
    authority, device = demo.folder / "ca", demo.folder / "device"
    device.mkdir()
    key, request = device / f"{flight.device}.key", device / f"{flight.device}.csr"
    _write_key_and_request(key, request, flight.device)
    secret = {**environment, "ONLOOKER_CA_PASSPHRASE": secrets.token_urlsafe(24)}
    issue = ["--device", flight.device, "--location", flight.location, "--csr", str(request)]
    folder = ["--dir", str(authority)]
    demo.processes.run("ca-init", ["provisioning", "ca", "init", *folder], secret)
    demo.processes.run(
        "ca-issue", ["provisioning", "ca", "issue", *folder, *issue, "--out", str(device)], secret
    )
    log_key = demo.folder / "receipts.pem"
    words = ["cloud", "receipts", "key", str(log_key), "--origin", ORIGIN]
    public = demo.processes.run("receipts-key", words, environment).strip()
    return ReceiptKeys(
        device / f"{flight.device}.crt", key, authority / "root.crt", log_key, public
    )


def download_receipts(api: SalesApi, campaign: Mapping[str, str], folder: Path) -> Path:
    """The file of receipts, as the buyer gets it."""
    path = folder / FILE
    path.write_bytes(api.read(SaleRole.BUYER, f"/api/campaigns/{campaign['id']}/receipts"))
    return path


def verify_receipts(demo: Demo, keys: ReceiptKeys, file: Path) -> str:
    """The words of the verification; raises ProcessGroupError where something is wrong."""
    words = ["cloud", "receipts", "verify", str(file), "--root", str(keys.root)]
    return demo.processes.run("verify", [*words, "--log-key", keys.public_log_key]).strip()


def find_alteration(demo: Demo, keys: ReceiptKeys, file: Path) -> str:
    """What the verification says of a file in which one digit was changed."""
    altered = file.with_suffix(".altered")
    altered.write_bytes(_change_a_digit(file.read_bytes()))
    try:
        verify_receipts(demo, keys, altered)
    except ProcessGroupError:
        return demo.processes.log("verify").read_text().splitlines()[0]
    raise DemoError(f"{altered} was altered, and the verification found nothing")


def _change_a_digit(content: bytes) -> bytes:
    at = content.index(b"1", len(content) // 2)
    return content[:at] + b"2" + content[at + 1 :]


def _write_key_and_request(key: Path, request: Path, device: str) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    key.touch(mode=0o600)
    key.write_bytes(private_key_to_pem(private))
    request.write_text(create_signing_request(DeviceId(device), private))
