"""The services of `compose.yaml` come up together, and a camera's message becomes an answer.

Certificates as in docs/deploy.md -> broker, CA service, upgrade, API, stream, fleet, alerts,
notifications -> a camera enrols by its claim, reports, and the API answers with its figures.
"""

import json
import urllib.request
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from edge_agent.enrolment.claim import load_claim
from edge_agent.enrolment.procedure import EnrolmentRequest, enrol, load_broker
from edge_agent.identity.folder import IdentityFolder
from edge_agent.transport.paho import PahoLink
from simulators.servers.process_group import ProcessGroup
from tests.cloud.compose_services import IN_ORDER, ComposeServices
from tests.cloud.redis_server import RedisServer
from tests.journeys.conftest import ask_until
from tests.programs import start_program
from wire.envelope import audience_event, encode_event
from wire.topics import Channel, DeviceAddress

pytestmark = [
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
HALF_HOUR = timedelta(minutes=30)
CAMERA, LOCATION, SERIAL = "kx-01-cam-1", "KX-01", "10000000a1b2c3d4"


@pytest.fixture
def services(tmp_path, engine, postgresql, monkeypatch):
    """All services, running."""
    redis = RedisServer(tmp_path)
    redis.start()
    with ProcessGroup(tmp_path / "logs", start_program) as processes:
        found = ComposeServices(tmp_path, processes, postgresql, redis.url)
        secret = found.environment_of("ca-service")["ONLOOKER_CA_PASSPHRASE_FILE"]
        monkeypatch.setenv("ONLOOKER_CA_PASSPHRASE_FILE", secret)
        found.issue_certificates()
        monkeypatch.delenv("ONLOOKER_CA_PASSPHRASE_FILE")
        found.start()
        yield found
    redis.stop()


def test_the_services_are_healthy_together_and_a_message_reaches_the_api(
    services, tmp_path, report, monkeypatch
):
    for name in IN_ORDER:
        ask_until(lambda name=name: services.is_healthy(name), what=f"the health of {name}",
                  processes=services.processes)  # fmt: skip
    services.run("accounts", "create", "owner", "--name", "Owner", "--kind", "media_owner")
    holder = ("--role", "admin", "--owner", "Mary Poole", "--account", "owner")
    key = services.run("keys", "create", *holder).strip()
    link = enrol_camera(services, tmp_path, monkeypatch)
    sent = report(
        location=LOCATION, device=CAMERA, visits=3,
        starts_at=datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=2),
    )  # fmt: skip
    link.start()

    def is_counted():
        link.send(Channel.AUDIENCE, encode_event(audience_event(sent)))
        hour = {"from": sent.starts_at - HALF_HOUR, "until": sent.starts_at + HALF_HOUR}
        times = {name: at.isoformat() for name, at in hour.items()}
        answer = ask_api(services, key, f"/api/audience/{LOCATION}?{urlencode(times)}")
        return any(one["visits"] == 3 for one in answer["windows"])

    ask_until(is_counted, what="the visits in the answer", processes=services.processes)
    ask_until(
        lambda: ask_api(services, key, f"/api/fleet/devices/{CAMERA}")["presence"] == "online",
        what="the camera in the fleet", processes=services.processes,
    )  # fmt: skip
    link.stop()
    assert all(services.is_healthy(name) for name in IN_ORDER)


def enrol_camera(services, tmp_path, monkeypatch):
    """The link of a camera that the fleet allowed, the CA service signed and the broker accepts."""
    secret = services.environment_of("ca-service")["ONLOOKER_CA_PASSPHRASE_FILE"]
    monkeypatch.setenv("ONLOOKER_CA_PASSPHRASE_FILE", secret)
    claim = services.issue_claim("batch-7")
    allowed = tmp_path / "cameras.csv"
    line = ",".join((SERIAL, "batch-7", CAMERA, LOCATION))
    allowed.write_text(f"serial,claim,device,location,groups\n{line},\n")
    services.run("fleet", "allow", str(allowed))
    folder = IdentityFolder(tmp_path / "identity")
    request = EnrolmentRequest(
        device=CAMERA, serial=SERIAL, broker=f"mqtts://localhost:{services.broker_port}",
        enrolment_server=f"localhost:{services.enrolment_port}",
    )  # fmt: skip
    enrol(folder, load_claim(claim), request, lambda: datetime.now(UTC))
    ask_until(lambda: knows_camera(services), what="the broker's rules for the camera",
              processes=services.processes)  # fmt: skip
    return PahoLink(load_broker(folder), DeviceAddress(LOCATION, CAMERA))


def knows_camera(services):
    """Whether the broker has read rules that name the camera."""
    rules = (services.folder / "var/broker").glob("*.acl")
    reloaded = "broker.reloaded" in services.processes.log("broker").read_text()
    return reloaded and any(CAMERA in one.read_text() for one in rules)


def ask_api(services, key, path):
    request = urllib.request.Request(
        f"http://127.0.0.1:{services.api_port}{path}", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)
