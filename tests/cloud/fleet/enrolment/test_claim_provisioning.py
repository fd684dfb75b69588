"""A camera gets a certificate and registers it with the token, the claim and the serial number."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from cloud.database import reading, writing
from cloud.fleet.enrolment.allow_list import AllowedCamera, allow
from cloud.fleet.enrolment.claim_provisioning import (
    CREATE_WITH_KEYS,
    TOKEN_VALID,
    CertificateHolder,
    Enrolment,
    EnrolmentError,
    HolderKind,
)
from cloud.fleet.history import Author, read_history
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import DeviceSelector
from cloud.fleet.tables import enrolments
from tests.cloud.databases import SQLITE_ONLY
from wire.fleet.enrolment import (
    CREATE,
    PROVISION,
    CommandRefused,
    SignCommand,
    Signed,
    WithdrawCommand,
    Withdrawn,
)

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CLAIM = CertificateHolder(HolderKind.CLAIM, "batch-7")

pytestmark = SQLITE_ONLY


class Authority:
    """Signs every request with the next serial number, and records what it withdraws."""

    def __init__(self) -> None:
        self.signed = 0
        self.withdrawn: list[tuple[str, str]] = []
        self.refuses = ""

    def send(self, command):
        if self.refuses:
            return CommandRefused(reason=self.refuses)
        if isinstance(command, WithdrawCommand):
            self.withdrawn.append((command.serial, command.reason))
            return Withdrawn(serial=command.serial)
        assert isinstance(command, SignCommand)
        self.signed += 1
        return Signed(serial=f"{self.signed:x}", certificate="PEM", ends_at=START)


class Camera:
    """Asks as the holder of a certificate; a signing request is just the device's name."""

    def __init__(self, engine, authority: Authority) -> None:
        self.engine, self.authority, self.at = engine, authority, START
        self.enrolment = Enrolment(engine, authority.send, read_name)

    def create(self, device="cam-1", holder=CLAIM):
        body = {"certificateSigningRequest": device}
        return self.ask(CREATE, body, holder)["certificateOwnershipToken"]

    def register(self, token, serial="SN1", holder=CLAIM):
        body = {"certificateOwnershipToken": token, "parameters": {"SerialNumber": serial}}
        return self.ask(PROVISION, body, holder)

    def ask(self, topic, body, holder=CLAIM):
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.enrolment.answer(holder, topic, payload, at=self.at)

    def events(self):
        with reading(self.engine) as connection:
            return [one.event for one in read_history(connection, None, last=99)]


def read_name(request: bytes) -> str:
    if not request.isascii():
        raise ValueError("the signing request has no common name")
    return request.decode()


@pytest.fixture
def camera(engine) -> Camera:
    """Camera cam-1 is on the allow-list of batch-7, in group canary."""
    entry = AllowedCamera("SN1", "batch-7", "cam-1", "KX-01", ("canary",))
    with writing(engine) as connection:
        allow(connection, [entry], Author("ann", START))
    return Camera(engine, Authority())


def test_a_camera_is_registered_at_its_location_and_in_its_groups(camera: Camera) -> None:
    answer = camera.register(camera.create())
    assert answer == {"thingName": "cam-1", "deviceConfiguration": {"location": "KX-01"}}
    with reading(camera.engine) as connection:
        assert devices.find_names(connection, DeviceSelector(group="canary")) == ["cam-1"]
        found = devices.get_device(connection, "cam-1")
        tokens = connection.execute(select(enrolments.c.token_digest)).scalars().all()
    assert (found.device.serial, found.certificate_ends_at) == ("SN1", START)
    assert [len(digest) for digest in tokens] == [64]  # the token itself is not stored
    assert "device.enrolled" in camera.events()


@pytest.mark.parametrize(
    ("device", "holder", "sentence"),
    [
        ("cam-2", CLAIM, "'cam-2' is not on the enrolment allow-list of this claim"),
        ("cam-1", CertificateHolder(HolderKind.CLAIM, "batch-8"), "not on the enrolment"),
        ("cam-1", CertificateHolder(HolderKind.DEVICE, "cam-2"), "'cam-2' may not ask for 'cam-1'"),
        ("cam-1", CertificateHolder(HolderKind.DEVICE, "cam-1"), "'cam-1' is not in the fleet"),
    ],
)
def test_another_camera_or_another_claim_gets_no_certificate(
    camera: Camera, device: str, holder: CertificateHolder, sentence: str
) -> None:
    with pytest.raises(EnrolmentError, match=sentence) as refused:
        camera.create(device, holder)
    assert refused.value.body["statusCode"] == 403
    assert camera.authority.signed == 0
    assert camera.events()[0] == "enrolment.refused"


@pytest.mark.parametrize("serial", ["SN2", "", "sn1", "SN1 "])
def test_a_wrong_serial_number_registers_nobody(camera: Camera, serial: str) -> None:
    token = camera.create()
    with pytest.raises(EnrolmentError, match="the SerialNumber is not that of 'cam-1'"):
        camera.register(token, serial)
    with reading(camera.engine) as connection:
        assert devices.find_names(connection, DeviceSelector()) == []
    assert camera.register(token)["thingName"] == "cam-1"


def test_a_token_serves_once_its_holder_and_for_an_hour(camera: Camera) -> None:
    token = camera.create()
    for holder, given in ((CertificateHolder(HolderKind.CLAIM, "b"), token), (CLAIM, "guess")):
        with pytest.raises(EnrolmentError, match="the token is not known here"):
            camera.register(given, holder=holder)
    camera.at = START + TOKEN_VALID + timedelta(seconds=1)
    with pytest.raises(EnrolmentError, match="the token is over an hour old"):
        camera.register(token)
    camera.at = START + TOKEN_VALID
    camera.register(token)
    with pytest.raises(EnrolmentError, match="the token was used before"):
        camera.register(token)
    with pytest.raises(EnrolmentError, match="'cam-1' was enrolled before: see the operator"):
        camera.create()


def test_a_certificate_that_nobody_registers_is_withdrawn_after_an_hour(camera: Camera) -> None:
    token = camera.create()
    assert camera.enrolment.withdraw_unregistered(at=START + TOKEN_VALID) == 0
    assert camera.enrolment.withdraw_unregistered(at=START + TOKEN_VALID * 2) == 1
    assert camera.authority.withdrawn == [("1", "withdrawn")]
    assert camera.enrolment.withdraw_unregistered(at=START + TOKEN_VALID * 3) == 0
    with pytest.raises(EnrolmentError, match="the token was used before"):
        camera.register(token)


def test_a_certificate_that_cannot_be_withdrawn_is_tried_again(camera: Camera) -> None:
    camera.create()
    camera.authority.refuses = "the CA service is away"
    assert camera.enrolment.withdraw_unregistered(at=START + TOKEN_VALID * 2) == 0
    camera.authority.refuses = ""
    assert camera.enrolment.withdraw_unregistered(at=START + TOKEN_VALID * 2) == 1
    assert camera.authority.withdrawn == [("1", "withdrawn")]


def test_a_second_request_supersedes_the_first_certificate(camera: Camera) -> None:
    first, second = camera.create(), camera.create()
    assert camera.authority.withdrawn == [("1", "superseded")]
    with pytest.raises(EnrolmentError, match="the token was used before"):
        camera.register(first)
    assert camera.register(second)["thingName"] == "cam-1"


def test_a_device_renews_its_own_certificate_without_a_serial_number(camera: Camera) -> None:
    camera.register(camera.create())
    own = CertificateHolder(HolderKind.DEVICE, "cam-1")
    token = camera.create(holder=own)
    answer = camera.ask(PROVISION, {"certificateOwnershipToken": token}, own)
    assert answer["thingName"] == "cam-1"


@pytest.mark.parametrize(
    ("topic", "body", "code", "sentence"),
    [
        (CREATE, b"", "InvalidPayload", "does not parse"),
        (CREATE, b"[]", "InvalidPayload", "Expected `object`"),
        (CREATE, b"\xff", "InvalidPayload", "does not parse"),
        (CREATE, b"[" * 100_000, "InvalidPayload", "does not parse"),
        (CREATE, {"certificateSigningRequest": "é"}, "InvalidRequest", "has no common name"),
        (PROVISION, {}, "InvalidPayload", "certificateOwnershipToken"),
        (PROVISION, {"certificateOwnershipToken": 7}, "InvalidPayload", "Expected `str`"),
        (CREATE_WITH_KEYS, {}, "AccessDenied", "claim certificates may only enrol"),
        ("onlooker/v1/KX-01/cam-1/audience", {}, "AccessDenied", "may only enrol"),
    ],
)
def test_an_invalid_request_is_refused_with_the_code_of_the_protocol(
    camera: Camera, topic: str, body: object, code: str, sentence: str
) -> None:
    with pytest.raises(EnrolmentError, match=sentence) as refused:
        camera.ask(topic, body)
    assert refused.value.body["errorCode"] == code
    assert camera.authority.signed == 0


def test_a_request_that_the_authority_refuses_is_refused_with_its_reason(camera: Camera) -> None:
    camera.authority.refuses = "the key is too short"
    with pytest.raises(EnrolmentError, match="the key is too short"):
        camera.create()
    with reading(camera.engine) as connection:
        assert stored(connection) == 0


def stored(connection: Connection) -> int:
    return len(connection.execute(select(enrolments)).all())
