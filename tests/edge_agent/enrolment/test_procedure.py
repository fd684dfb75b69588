"""From a claim to a certificate with a real enrolment service, and the errors on the way."""

import dataclasses
import re
import stat
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from edge_agent.__main__ import main
from edge_agent.enrolment import procedure
from edge_agent.enrolment.claim import EnrolError, load_claim
from edge_agent.enrolment.procedure import EnrolmentRequest, enrol, load_broker, renew
from edge_agent.identity.certificates import read_certificate
from edge_agent.identity.folder import IdentityFolder
from edge_agent.transport.provisioning_client import (
    ProvisioningClient,
    ProvisioningError,
    verify_connection,
)
from provisioning.authority.ca import create_authority
from simulators.servers.mosquitto import free_port
from wire.clock import utc_now

pytestmark = pytest.mark.broker
numbers = count(1)


class PowerCutError(Exception):
    pass


@pytest.fixture(scope="module")
def claim(works):
    return load_claim(works.claim())


@pytest.fixture
def folder(tmp_path):
    return IdentityFolder(tmp_path / "identity")


@pytest.fixture
def camera(works):
    """A camera on the allow-list."""
    device = f"cam-{next(numbers)}"
    works.allow(device)
    return EnrolmentRequest(
        device=device,
        serial=f"SN-{device}",
        broker=f"mqtts://localhost:{works.port}",
        enrolment_server=f"localhost:{works.enrolment_port}",
    )


def test_a_claim_enrols_a_device_that_the_broker_accepts(works, claim, folder, camera):
    identity = enrol(folder, claim, camera, utc_now)
    assert (identity.device, identity.location) == (camera.device, "KX-01")
    verify_connection(load_broker(folder), identity.device)
    assert folder.expires_at() > utc_now() + timedelta(days=29)
    assert {path.name for path in folder.path.iterdir()} == {
        "device.pem",
        "identity.json",
        "trust.pem",
    }


def test_only_the_owner_may_read_the_key(claim, folder, camera):
    enrol(folder, claim, camera, utc_now)
    for name in ("device.pem", "identity.json"):
        assert stat.S_IMODE((folder.path / name).stat().st_mode) == 0o600


def test_the_command_enrols_and_a_run_needs_nothing_else(works, folder, camera, capsys):
    options = ["enrol", "--cert", str(works.claim()), "--broker", f"localhost:{works.port}"]
    options += [
        "--enrolment",
        camera.enrolment_server,
        "--device",
        camera.device,
        "--serial",
        camera.serial,
    ]
    options += ["--identity", str(folder.path)]
    assert main(options) == 0
    assert f"{camera.device} at KX-01: certified until" in capsys.readouterr().out
    assert main(options) == 2
    assert f"holds the identity of {camera.device} already" in capsys.readouterr().err
    outbox = str(folder.path / "outbox.sqlite3")
    main(["check", "--identity", str(folder.path), "--source", "/none.mp4", "--outbox", outbox])
    assert re.search(r"^broker +ok +mqtts://localhost", capsys.readouterr().out, re.MULTILINE)


STEPS = {
    "the key is generated": (IdentityFolder, "next_key"),
    "the certificate is stored": (IdentityFolder, "store_pending"),
    "the certificate is paired": (IdentityFolder, "store_next_pair"),
    "the registration is sent": (ProvisioningClient, "register"),
    "the pair is verified": (procedure, "verify_connection"),
    "the pair is activated": (IdentityFolder, "activate"),
}


@pytest.mark.parametrize("step", STEPS)
def test_an_interruption_at_any_step_is_continued(step, works, claim, folder, camera, monkeypatch):
    owner, name = STEPS[step]
    real = getattr(owner, name)

    def cut_power_afterwards(*arguments, **options):
        real(*arguments, **options)
        raise PowerCutError

    if step != "the pair is activated":
        monkeypatch.setattr(owner, name, cut_power_afterwards)
    else:
        monkeypatch.setattr(IdentityFolder, "discard_pending", cut_power_with(PowerCutError))
    with pytest.raises(PowerCutError):
        enrol(folder, claim, camera, utc_now)
    monkeypatch.undo()
    if not folder.is_complete:
        enrol(folder, claim, camera, utc_now)
    identity = folder.read_identity()
    verify_connection(load_broker(folder), identity.device)
    assert identity.location == "KX-01"


def cut_power_with(error):
    def cut(*_arguments):
        raise error

    return cut


def test_an_expired_claim_is_rejected(works, folder, camera):
    short = load_claim(works.claim(days=1))

    def in_two_days():
        return utc_now() + timedelta(days=2)

    with pytest.raises(EnrolError, match=r"expired on .* get a new claim"):
        enrol(folder, short, camera, in_two_days)


def test_a_clock_that_was_never_set_is_rejected(claim, folder, camera):
    with pytest.raises(EnrolError, match=r"clock says 1970-01-01 .* set the clock"):
        enrol(folder, claim, camera, lambda: datetime(1970, 1, 1, tzinfo=UTC))


def test_a_claim_of_another_authority_is_rejected(works, folder, camera, tmp_path):
    other = create_authority(tmp_path / "ca", name="Other", secret=None, at=utc_now())
    with pytest.raises(ProvisioningError, match=r"unknown, expired or revoked|ends the handshake"):
        enrol(folder, load_claim(works.claim(authority=other)), camera, utc_now)


def test_a_device_outside_the_allow_list_is_rejected(claim, folder, camera):
    stranger = dataclasses.replace(camera, device="stranger")
    with pytest.raises(
        ProvisioningError, match="'stranger' is not on the enrolment allow-list of this claim"
    ):
        enrol(folder, claim, stranger, utc_now)


def test_a_wrong_serial_number_is_rejected(claim, folder, camera):
    with pytest.raises(ProvisioningError, match="the SerialNumber is not that of"):
        enrol(folder, claim, dataclasses.replace(camera, serial="SN-0"), utc_now)
    enrol(folder, claim, camera, utc_now)


def test_an_unreachable_enrolment_server_is_reported(claim, folder, camera):
    unreachable = dataclasses.replace(camera, enrolment_server=f"localhost:{free_port()}")
    with pytest.raises(ProvisioningError, match=r"cannot be reached .* check address, port"):
        enrol(folder, claim, unreachable, utc_now)


def test_without_a_broker_the_steps_before_it_remain(claim, folder, camera):
    unreachable = dataclasses.replace(camera, broker=f"mqtts://localhost:{free_port()}")
    with pytest.raises(EnrolError, match=r"certified, but .* run the same command again"):
        enrol(folder, claim, unreachable, utc_now)
    assert enrol(folder, claim, camera, utc_now).device == camera.device


def test_an_enrolment_server_of_another_authority_is_not_trusted(works, folder, camera, tmp_path):
    other = create_authority(tmp_path / "ca", name="Other", secret=None, at=utc_now())
    path = works.claim()
    (path.parent / "trust.pem").write_bytes(other.trust)
    with pytest.raises(
        ProvisioningError, match=r"no certificate of the trusted authority .* check --ca"
    ):
        enrol(folder, load_claim(path), camera, utc_now)


def test_renewal_replaces_key_and_certificate_together(claim, folder, camera):
    enrol(folder, claim, camera, utc_now)
    before = read_certificate(folder.pair)
    renew(folder, utc_now)
    after = read_certificate(folder.pair)
    assert after.serial_number != before.serial_number
    assert isinstance(after.public_key(), ec.EllipticCurvePublicKey)
    assert after.public_key() != before.public_key()
    verify_connection(load_broker(folder), camera.device)


def test_a_renewal_that_cannot_be_verified_keeps_the_old_pair(claim, folder, camera, monkeypatch):
    enrol(folder, claim, camera, utc_now)
    before = folder.pair.read_bytes()

    def closed(*_arguments):
        raise ProvisioningError("the broker is away")

    monkeypatch.setattr(procedure, "verify_connection", closed)
    with pytest.raises(EnrolError, match="the broker is away"):
        renew(folder, utc_now)
    assert folder.pair.read_bytes() == before
    monkeypatch.undo()
    renew(folder, utc_now)
    assert folder.pair.read_bytes() != before
