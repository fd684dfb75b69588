"""One list of attempts, tried on Mosquitto's rules for real and on AWS IoT's policies.

The device is cam-1 at KX-01. Its neighbour cam-2 hangs at the same location.
"""

import json

import pytest

from provisioning.access_rules import DOWNLINK, SERVICE_RULES, UPLINK, covers
from provisioning.authority.profiles import ROLES, SERVICE_PREFIX, CertificateKind
from provisioning.aws import policy
from provisioning.aws.evaluator import Attempt, PolicyError, is_allowed
from wire.topics import Channel

ARN = "arn:aws:iot:eu-west-2:123456789012"
MINE = "onlooker/v1/KX-01/cam-1"
MY_THING = "$aws/things/cam-1"
THEIRS = "onlooker/v1/KX-01/cam-2"
THEIR_THING = "$aws/things/cam-2"

MAY_SAY = (
    *(f"{MINE}/{channel}" for channel in ("audience", "heartbeat", "alarm", "status")),
    *(f"{MY_THING}/shadow/{action}" for action in ("get", "update", "delete")),
    *(f"{MY_THING}/shadow/name/config/{action}" for action in ("get", "update", "delete")),
    *(
        f"{MY_THING}/jobs/{ask}"
        for ask in ("get", "start-next", "$next/get", "j1/get", "j1/update")
    ),
)
MAY_NOT_SAY = (
    f"{MINE}/ack",
    f"{MINE}/other",
    f"{MINE}/audience/more",
    MINE,
    f"{THEIRS}/audience",
    f"{THEIRS}/status",
    "onlooker/v1/LB-01/cam-1/audience",
    "onlooker/v1/KX-01/cam-1x/audience",
    "onlooker/v1/KX-01/../KX-01/cam-2/audience",
    "onlooker/v2/KX-01/cam-1/audience",
    "onlooker/v1//cam-1/audience",
    f"{THEIR_THING}/shadow/update",
    f"{THEIR_THING}/shadow/name/config/update",
    f"{THEIR_THING}/jobs/j1/update",
    f"{MY_THING}/shadow/update/accepted",
    f"{MY_THING}/shadow/update/delta",
    f"{MY_THING}/jobs/notify-next",
    f"{MY_THING}/jobs/j1/update/accepted",
    "$aws/things/cam-1/../cam-2/shadow/update",
    "$aws/certificates/create-from-csr/json",
    "$aws/provisioning-templates/onlooker/provision/json",
    "$aws/rules/any",
    "$SYS/broker/version",
    "$CONTROL/dynamic-security/v1",
    "anything",
    "/",
)
MAY_HEAR = (
    f"{MINE}/ack",
    f"{MY_THING}/shadow/get/accepted",
    f"{MY_THING}/shadow/name/config/update/+",
    f"{MY_THING}/jobs/notify-next",
    f"{MY_THING}/#",
)
MAY_NOT_HEAR = (
    "#",
    "+/#",
    "+/v1/KX-01/cam-1/ack",
    "onlooker/#",
    "onlooker/v1/+/+/ack",
    "onlooker/v1/KX-01/+/ack",
    f"{MINE}/#",
    f"{MINE}/+",
    f"{THEIRS}/ack",
    f"{THEIRS}/audience",
    "$aws/#",
    "$aws/things/#",
    "$aws/things/+/shadow/update/delta",
    f"{THEIR_THING}/shadow/get/accepted",
    f"{THEIR_THING}/jobs/notify-next",
    "$SYS/#",
)
CONNECTION = {
    "iot:Connection.Thing.ThingName": "cam-1",
    "iot:Connection.Thing.Attributes[location]": "KX-01",
    "iot:Connection.Thing.IsAttached": "true",
}
POLICIES = (policy.telemetry(ARN), policy.management(ARN))


MAY_NOT_BE = ("cam-2", "service:fleet", "CAM-1", "cam-1x", "cam", "*", "+", "", "../cam-1", "cam 1")


def on_aws(action, resource, policies=POLICIES, **lacking):
    known = {name: value for name, value in CONNECTION.items() if name not in lacking.values()}
    return is_allowed(policies, Attempt(f"iot:{action}", f"{ARN}:{resource}", known))


def test_every_channel_has_a_direction():
    assert set(UPLINK) | set(DOWNLINK) == set(Channel)
    assert not set(UPLINK) & set(DOWNLINK)


@pytest.mark.parametrize("topic", MAY_SAY)
def test_aws_lets_a_device_say_what_is_its_own(topic):
    assert on_aws("Publish", f"topic/{topic}")


@pytest.mark.parametrize("topic", MAY_NOT_SAY)
def test_aws_lets_a_device_say_nothing_else(topic):
    assert not on_aws("Publish", f"topic/{topic}")


@pytest.mark.parametrize("topic", MAY_HEAR)
def test_aws_lets_a_device_subscribe_to_what_is_its_own(topic):
    assert on_aws("Subscribe", f"topicfilter/{topic}")
    assert on_aws("Receive", f"topic/{topic}")


@pytest.mark.parametrize("topic", MAY_NOT_HEAR)
def test_aws_lets_a_device_subscribe_to_nothing_else(topic):
    assert not on_aws("Subscribe", f"topicfilter/{topic}")


def test_aws_retains_a_devices_status_and_nothing_else():
    assert on_aws("RetainPublish", f"topic/{MINE}/status")
    assert not on_aws("RetainPublish", f"topic/{MINE}/audience")


def test_aws_lets_a_device_connect_under_its_own_name_only():
    assert on_aws("Connect", "client/cam-1")
    assert {name: on_aws("Connect", f"client/{name}") for name in MAY_NOT_BE} == dict.fromkeys(
        MAY_NOT_BE, False
    )
    assert not on_aws("Connect", "client/cam-1", without="iot:Connection.Thing.IsAttached")
    assert not on_aws("Connect", "client/", without="iot:Connection.Thing.ThingName")


def test_on_aws_a_thing_without_a_location_says_nothing_about_audiences():
    no_location = {"without": "iot:Connection.Thing.Attributes[location]"}
    assert not on_aws("Publish", f"topic/{MINE}/audience", **no_location)
    assert not on_aws("Publish", "topic/onlooker/v1//cam-1/audience", **no_location)


def test_a_claim_on_aws_can_enrol_and_nothing_else():
    claims = [policy.claim(ARN, "onlooker")]
    provision = "$aws/provisioning-templates/onlooker/provision/json"
    assert on_aws("Publish", "topic/$aws/certificates/create-from-csr/json", claims)
    assert on_aws("Publish", f"topic/{provision}", claims)
    assert not on_aws("Publish", "topic/$aws/certificates/create/json", claims)
    assert not on_aws("Publish", f"topic/{provision}".replace("onlooker", "other"), claims)
    for topic in (*MAY_SAY, "onlooker/v1/KX-01/cam-2/audience"):
        assert not on_aws("Publish", f"topic/{topic}", claims)


def test_basic_ingest_on_aws_is_for_a_cameras_own_reports():
    policies = [policy.basic_ingest(ARN, "live")]
    assert on_aws("Publish", f"topic/$aws/rules/onlooker_live_audience/{MINE}/audience", policies)
    for topic in (f"{THEIRS}/audience", f"{MINE}/ack", f"{MINE}/status", ""):
        resource = f"topic/$aws/rules/onlooker_live_audience/{topic}"
        assert not on_aws("Publish", resource, policies)


@pytest.mark.parametrize(
    "one", [*POLICIES, policy.basic_ingest(ARN, "production"), policy.claim(ARN, "onlooker")]
)
def test_a_policy_fits_into_what_aws_accepts(one):
    assert len(policy.text(one)) <= policy.LARGEST_CHARACTERS
    assert json.loads(policy.text(one)) == one


def test_the_evaluator_says_so_when_it_does_not_know():
    odd = {"Effect": "Allow", "Action": "iot:*", "Resource": "*", "NotAction": "iot:Publish"}
    with pytest.raises(PolicyError, match="NotAction"):
        on_aws("Publish", "topic/x", [{"Statement": [odd]}])
    odd = {"Effect": "Allow", "Action": "iot:*", "Resource": "*", "Condition": {"DateLessThan": {}}}
    with pytest.raises(PolicyError, match="DateLessThan"):
        on_aws("Publish", "topic/x", [{"Statement": [odd]}])


def test_an_explicit_deny_wins_and_a_variable_is_no_wildcard():
    allow = {"Effect": "Allow", "Action": "iot:*", "Resource": f"{ARN}:topic/${{name}}"}
    deny = {"Effect": "Deny", "Action": "iot:Publish", "Resource": f"{ARN}:topic/secret"}
    attempt = Attempt("iot:Publish", f"{ARN}:topic/secret", {"name": "secret"})
    assert is_allowed([{"Statement": [allow]}], attempt)
    assert not is_allowed([{"Statement": [allow, deny]}], attempt)
    starred = Attempt("iot:Publish", f"{ARN}:topic/other", {"name": "*"})
    assert not is_allowed([{"Statement": [allow]}], starred)


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
def test_a_subscription_must_lie_wholly_within_a_grant(granted, wanted, is_covered):
    assert covers(granted, wanted) is is_covered


@pytest.fixture(scope="module")
def cam(house):
    entry = house.certify("cam-1")
    house.certify("cam-2")
    house.wait_until(lambda: "user cam-2" in house.settings.access_file.read_text())
    visitor = house.visitor(entry).join()
    house.wait_until(lambda: visitor.says(f"{MINE}/audience"))
    return visitor


@pytest.fixture(scope="module")
def everybody(house):
    """Somebody beside the rules: the broker's own view of what was let through."""
    watcher = house.visitor(house.equip(CertificateKind.SERVICE, "service:fleet")).join()
    watcher.listens("$aws/things/#")
    return watcher


@pytest.mark.broker
def test_mosquitto_answers_the_same_list_of_sayings(cam):
    assert {topic: cam.says(topic) for topic in MAY_SAY} == dict.fromkeys(MAY_SAY, True)
    assert {topic: cam.says(topic) for topic in MAY_NOT_SAY} == dict.fromkeys(MAY_NOT_SAY, False)


@pytest.mark.broker
def test_mosquitto_lets_a_device_connect_under_its_own_name_only(house, cam):
    entry = house.certify("cam-1")
    refused = {name: house.visitor(entry, client_id=name).is_refused() for name in MAY_NOT_BE}
    assert refused == dict.fromkeys(MAY_NOT_BE, True)
    house.wait_for_audit("connect.wrong_id", "cam-1")
    assert cam.lost.empty()


@pytest.mark.broker
def test_mosquitto_delivers_only_what_a_device_may_hear(house, cam, everybody):
    stream = house.visitor(house.equip(CertificateKind.SERVICE, "service:stream")).join()
    cam.listens(*MAY_HEAR, *MAY_NOT_HEAR)
    for topic in (f"{THEIRS}/ack", "onlooker/v1/LB-01/cam-1/ack"):
        assert stream.says(topic)
    for topic in (f"{THEIR_THING}/shadow/get/accepted", f"{THEIR_THING}/jobs/notify-next"):
        assert everybody.says(topic)
    assert everybody.says(f"{MY_THING}/jobs/notify-next")
    assert stream.says(f"{MINE}/ack")
    assert set(cam.has_heard(f"{MINE}/ack")) == {f"{MY_THING}/jobs/notify-next", f"{MINE}/ack"}
    house.wait_for_audit("subscribe.beyond", "cam-1")
    house.wait_for_audit("publish.denied", "cam-1")


@pytest.mark.broker
def test_a_service_keeps_to_its_own_part(house):
    stream = house.visitor(house.equip(CertificateKind.SERVICE, "service:stream")).join()
    assert not stream.says(f"{MINE}/audience")
    assert not stream.says(f"{MY_THING}/shadow/update")
    second = house.visitor(house.equip(CertificateKind.SERVICE, "service:stream.2")).join()
    house.wait_until(lambda: second.says(f"{MINE}/ack"))
    unknown = house.visitor(house.equip(CertificateKind.SERVICE, "service:reports")).join()
    assert not unknown.says(f"{MINE}/audience")


def test_every_role_that_can_get_a_certificate_has_rules_and_no_other_has():
    assert {f"{SERVICE_PREFIX}{role}" for role in ROLES} == set(SERVICE_RULES)
