"""The access rules, and the attempts of `access_attempts.py` on a real Mosquitto."""

import pytest

from provisioning.access_rules import DOWNLINK, SERVICE_RULES, UPLINK, covers
from provisioning.authority.profiles import ROLES, SERVICE_PREFIX
from tests.provisioning.access_attempts import (
    MAY_NOT_PUBLISH,
    MAY_NOT_SUBSCRIBE_TO,
    MAY_PUBLISH,
    MAY_SUBSCRIBE_TO,
    MINE,
    MY_THING,
    OTHER_IDS,
    THEIR_THING,
    THEIRS,
)
from tests.provisioning.installation import wait_until
from wire.topics import Channel


def test_every_channel_has_a_direction():
    assert set(UPLINK) | set(DOWNLINK) == set(Channel)
    assert not set(UPLINK) & set(DOWNLINK)


@pytest.mark.parametrize(
    ("granted", "wanted", "is_covered"),
    [
        ("a/#", "a/#", True),
        ("a/#", "a/b/c", True),
        ("a/+", "a/+", True),
        ("a/+", "a/b", True),
        ("a/+", "a/#", False),
        ("a/b", "a/+", False),
        ("a/b", "a/b/c", False),
        ("a/b/c", "a/b", False),
    ],
)
def test_a_subscription_must_be_covered_by_a_grant(granted, wanted, is_covered):
    assert covers(granted, wanted) is is_covered


@pytest.fixture(scope="module")
def cam(installation):
    record = installation.certify("cam-1")
    installation.certify("cam-2")
    installation.wait_for_rules("cam-2")
    client = installation.create_client(record).connect()
    wait_until(lambda: client.publish(f"{MINE}/audience"))
    return client


@pytest.fixture(scope="module")
def fleet_service(installation):
    """A client that may publish to and receive the topics of all things."""
    client = installation.create_service_client("service:fleet").connect()
    client.subscribe("$aws/things/#")
    return client


@pytest.mark.broker
def test_mosquitto_accepts_the_same_publications(cam):
    assert {topic: cam.publish(topic) for topic in MAY_PUBLISH} == dict.fromkeys(MAY_PUBLISH, True)
    assert {topic: cam.publish(topic) for topic in MAY_NOT_PUBLISH} == dict.fromkeys(
        MAY_NOT_PUBLISH, False
    )


@pytest.mark.broker
def test_mosquitto_lets_a_device_connect_under_its_own_name_only(installation, cam):
    record = installation.certify("cam-1")
    refused = {
        name: installation.create_client(record, client_id=name).is_refused() for name in OTHER_IDS
    }
    assert refused == dict.fromkeys(OTHER_IDS, True)
    installation.wait_for_audit("connect.wrong_id", "cam-1")
    assert cam.disconnections.empty()


@pytest.mark.broker
def test_mosquitto_delivers_only_permitted_topics(installation, cam, fleet_service):
    stream = installation.create_service_client("service:stream").connect()
    cam.subscribe(*MAY_SUBSCRIBE_TO, *MAY_NOT_SUBSCRIBE_TO)
    for topic in (f"{THEIRS}/ack", "onlooker/v1/LB-01/cam-1/ack"):
        assert stream.publish(topic)
    for topic in (f"{THEIR_THING}/shadow/get/accepted", f"{THEIR_THING}/jobs/notify-next"):
        assert fleet_service.publish(topic)
    assert fleet_service.publish(f"{MY_THING}/jobs/notify-next")
    assert stream.publish(f"{MINE}/ack")
    assert set(cam.receive_until(f"{MINE}/ack")) == {f"{MY_THING}/jobs/notify-next", f"{MINE}/ack"}
    assert installation.wait_for_audit("subscribe.beyond", "cam-1")
    assert installation.wait_for_audit("publish.denied", "cam-1")


@pytest.mark.broker
def test_a_service_may_publish_only_to_its_own_topics(installation):
    stream = installation.create_service_client("service:stream").connect()
    assert not stream.publish(f"{MINE}/audience")
    assert not stream.publish(f"{MY_THING}/shadow/update")
    second = installation.create_service_client("service:stream.2").connect()
    wait_until(lambda: second.publish(f"{MINE}/ack"))
    unknown = installation.create_service_client("service:reports").connect()
    assert not unknown.publish(f"{MINE}/audience")


def test_every_role_that_can_get_a_certificate_has_rules_and_no_other_has():
    assert {f"{SERVICE_PREFIX}{role}" for role in ROLES} == set(SERVICE_RULES)
