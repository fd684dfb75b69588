"""One list of attempts, tried on a real Mosquitto with its rules and on AWS IoT's policies.

The device is cam-1 at KX-01. Another device, cam-2, is at the same location.
"""

import json

import pytest

from provisioning.access_rules import DOWNLINK, SERVICE_RULES, UPLINK, covers
from provisioning.authority.profiles import ROLES, SERVICE_PREFIX
from provisioning.aws import policy
from provisioning.aws.evaluator import Attempt, PolicyError, is_allowed
from tests.provisioning.installation import wait_until
from wire.topics import Channel

ARN = "arn:aws:iot:eu-west-2:123456789012"
MINE = "onlooker/v1/KX-01/cam-1"
MY_THING = "$aws/things/cam-1"
THEIRS = "onlooker/v1/KX-01/cam-2"
THEIR_THING = "$aws/things/cam-2"

MAY_PUBLISH = (
    *(f"{MINE}/{channel}" for channel in ("audience", "heartbeat", "alarm", "status")),
    *(f"{MY_THING}/shadow/{action}" for action in ("get", "update", "delete")),
    *(f"{MY_THING}/shadow/name/config/{action}" for action in ("get", "update", "delete")),
    *(
        f"{MY_THING}/jobs/{request}"
        for request in ("get", "start-next", "$next/get", "j1/get", "j1/update")
    ),
)
MAY_NOT_PUBLISH = (
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
MAY_SUBSCRIBE_TO = (
    f"{MINE}/ack",
    f"{MY_THING}/shadow/get/accepted",
    f"{MY_THING}/shadow/name/config/update/+",
    f"{MY_THING}/jobs/notify-next",
    f"{MY_THING}/#",
)
MAY_NOT_SUBSCRIBE_TO = (
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


OTHER_IDS = (
    "cam-2",
    "service:fleet",
    "CAM-1",
    "cam-1x",
    "cam",
    "*",
    "+",
    "",
    "../cam-1",
    "cam 1",
)


def aws_allows(action, resource, policies=POLICIES, **lacking):
    known = {name: value for name, value in CONNECTION.items() if name not in lacking.values()}
    return is_allowed(policies, Attempt(f"iot:{action}", f"{ARN}:{resource}", known))


def test_every_channel_has_a_direction():
    assert set(UPLINK) | set(DOWNLINK) == set(Channel)
    assert not set(UPLINK) & set(DOWNLINK)


@pytest.mark.parametrize("topic", MAY_PUBLISH)
def test_aws_lets_a_device_publish_to_its_own_topics(topic):
    assert aws_allows("Publish", f"topic/{topic}")


@pytest.mark.parametrize("topic", MAY_NOT_PUBLISH)
def test_aws_lets_a_device_publish_to_no_other_topic(topic):
    assert not aws_allows("Publish", f"topic/{topic}")


@pytest.mark.parametrize("topic", MAY_SUBSCRIBE_TO)
def test_aws_lets_a_device_subscribe_to_its_own_topics(topic):
    assert aws_allows("Subscribe", f"topicfilter/{topic}")
    assert aws_allows("Receive", f"topic/{topic}")


@pytest.mark.parametrize("topic", MAY_NOT_SUBSCRIBE_TO)
def test_aws_lets_a_device_subscribe_to_no_other_topic(topic):
    assert not aws_allows("Subscribe", f"topicfilter/{topic}")


def test_aws_retains_a_devices_status_and_nothing_else():
    assert aws_allows("RetainPublish", f"topic/{MINE}/status")
    assert not aws_allows("RetainPublish", f"topic/{MINE}/audience")


def test_aws_lets_a_device_connect_under_its_own_name_only():
    assert aws_allows("Connect", "client/cam-1")
    assert {name: aws_allows("Connect", f"client/{name}") for name in OTHER_IDS} == dict.fromkeys(
        OTHER_IDS, False
    )
    assert not aws_allows("Connect", "client/cam-1", without="iot:Connection.Thing.IsAttached")
    assert not aws_allows("Connect", "client/", without="iot:Connection.Thing.ThingName")


def test_aws_lets_no_thing_without_a_location_publish_audience_reports():
    no_location = {"without": "iot:Connection.Thing.Attributes[location]"}
    assert not aws_allows("Publish", f"topic/{MINE}/audience", **no_location)
    assert not aws_allows("Publish", "topic/onlooker/v1//cam-1/audience", **no_location)


def test_aws_lets_a_claim_enrol_and_do_nothing_else():
    claims = [policy.claim(ARN, "onlooker")]
    provision = "$aws/provisioning-templates/onlooker/provision/json"
    assert aws_allows("Publish", "topic/$aws/certificates/create-from-csr/json", claims)
    assert aws_allows("Publish", f"topic/{provision}", claims)
    assert not aws_allows("Publish", "topic/$aws/certificates/create/json", claims)
    assert not aws_allows("Publish", f"topic/{provision}".replace("onlooker", "other"), claims)
    for topic in (*MAY_PUBLISH, "onlooker/v1/KX-01/cam-2/audience"):
        assert not aws_allows("Publish", f"topic/{topic}", claims)


def test_aws_basic_ingest_accepts_only_a_cameras_own_reports():
    policies = [policy.basic_ingest(ARN, "live")]
    assert aws_allows(
        "Publish", f"topic/$aws/rules/onlooker_live_audience/{MINE}/audience", policies
    )
    for topic in (f"{THEIRS}/audience", f"{MINE}/ack", f"{MINE}/status", ""):
        resource = f"topic/$aws/rules/onlooker_live_audience/{topic}"
        assert not aws_allows("Publish", resource, policies)


@pytest.mark.parametrize(
    "one", [*POLICIES, policy.basic_ingest(ARN, "production"), policy.claim(ARN, "onlooker")]
)
def test_a_policy_is_within_the_size_limit_of_aws(one):
    assert len(policy.text(one)) <= policy.LARGEST_CHARACTERS
    assert json.loads(policy.text(one)) == one


def test_the_evaluator_refuses_what_it_does_not_implement():
    odd = {"Effect": "Allow", "Action": "iot:*", "Resource": "*", "NotAction": "iot:Publish"}
    with pytest.raises(PolicyError, match="NotAction"):
        aws_allows("Publish", "topic/x", [{"Statement": [odd]}])
    odd = {"Effect": "Allow", "Action": "iot:*", "Resource": "*", "Condition": {"DateLessThan": {}}}
    with pytest.raises(PolicyError, match="DateLessThan"):
        aws_allows("Publish", "topic/x", [{"Statement": [odd]}])


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
