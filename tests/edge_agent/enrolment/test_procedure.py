"""From a claim to a certificate at the real desk, and what is said when it comes to nothing."""

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
    """A camera that the roster expects."""
    device = f"cam-{next(numbers)}"
    works.allow(device)
    return EnrolmentRequest(
        device=device,
        serial=f"SN-{device}",
        broker=f"mqtts://localhost:{works.port}",
        enrolment_server=f"localhost:{works.enrolment_port}",
    )


def test_a_claim_enrols_a_device_that_the_broker_accepts(works, claim, folder, camera):
    mine = enrol(folder, claim, camera, utc_now)
    assert (mine.device, mine.location) == (camera.device, "KX-01")
    verify_connection(load_broker(folder), mine.device)
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


def test_the_command_enrols_and_run_finds_all_that_it_needs(works, folder, camera, capsys):
    words = ["enrol", "--cert", str(works.claim()), "--broker", f"localhost:{works.port}"]
    words += [
        "--enrolment",
        camera.enrolment_server,
        "--device",
        camera.device,
        "--serial",
        camera.serial,
    ]
    words += ["--identity", str(folder.path)]
    assert main(words) == 0
    assert f"{camera.device} at KX-01: certified until" in capsys.readouterr().out
    assert main(words) == 2
    assert f"holds the identity of {camera.device} already" in capsys.readouterr().err
    outbox = str(folder.path / "outbox.sqlite3")
    main(["check", "--identity", str(folder.path), "--source", "/none.mp4", "--outbox", outbox])
    assert re.search(r"^broker +ok +mqtts://localhost", capsys.readouterr().out, re.MULTILINE)


STEPS = {
    "the key is made": (IdentityFolder, "next_key"),
    "the certificate is noted": (IdentityFolder, "store_pending"),
    "the certificate is paired": (IdentityFolder, "store_next_pair"),
    "the registration is sent": (ProvisioningClient, "register"),
    "the pair is proved": (procedure, "verify_connection"),
    "the pair is adopted": (IdentityFolder, "activate"),
}


@pytest.mark.parametrize("step", STEPS)
def test_an_interruption_at_any_step_is_continued(step, works, claim, folder, camera, monkeypatch):
    owner, name = STEPS[step]
    real = getattr(owner, name)

    def then_cut(*arguments, **options):
        real(*arguments, **options)
        raise PowerCutError

    if step != "the pair is adopted":
        monkeypatch.setattr(owner, name, then_cut)
    else:
        monkeypatch.setattr(IdentityFolder, "discard_pending", then_cut_without(PowerCutError))
    with pytest.raises(PowerCutError):
        enrol(folder, claim, camera, utc_now)
    monkeypatch.undo()
    if not folder.is_complete:
        enrol(folder, claim, camera, utc_now)
    mine = folder.read_identity()
    verify_connection(load_broker(folder), mine.device)
    assert mine.location == "KX-01"


def then_cut_without(error):
    def cut(*_arguments):
        raise error

    return cut


def test_an_expired_claim_is_rejected(works, folder, camera):
    short = load_claim(works.claim(days=1))

    def in_two_days():
        return utc_now() + timedelta(days=2)

    with pytest.raises(EnrolError, match=r"expired on .* get a new claim"):
        enrol(folder, short, camera, in_two_days)


def test_a_clock_that_was_never_set(claim, folder, camera):
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
    away = dataclasses.replace(camera, enrolment_server=f"localhost:{free_port()}")
    with pytest.raises(ProvisioningError, match=r"cannot be reached .* check address, port"):
        enrol(folder, claim, away, utc_now)


def test_no_broker_yet_keeps_what_was_reached(claim, folder, camera):
    away = dataclasses.replace(camera, broker=f"mqtts://localhost:{free_port()}")
    with pytest.raises(EnrolError, match=r"certified, but .* run the same command again"):
        enrol(folder, claim, away, utc_now)
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
