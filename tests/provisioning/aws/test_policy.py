"""The AWS IoT policies allow and refuse the same attempts as the rules of Mosquitto."""

import json

import pytest

from provisioning.aws import policy
from provisioning.aws.evaluator import Attempt, is_allowed
from tests.provisioning.access_attempts import (
    MAY_NOT_PUBLISH,
    MAY_NOT_SUBSCRIBE_TO,
    MAY_PUBLISH,
    MAY_SUBSCRIBE_TO,
    MINE,
    OTHER_IDS,
    THEIRS,
)

ARN = "arn:aws:iot:eu-west-2:123456789012"
CONNECTION = {
    "iot:Connection.Thing.ThingName": "cam-1",
    "iot:Connection.Thing.Attributes[location]": "KX-01",
    "iot:Connection.Thing.IsAttached": "true",
}
POLICIES = (policy.telemetry(ARN), policy.management(ARN))


def aws_allows(action, resource, policies=POLICIES, **lacking):
    known = {name: value for name, value in CONNECTION.items() if name not in lacking.values()}
    return is_allowed(policies, Attempt(f"iot:{action}", f"{ARN}:{resource}", known))


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


def test_a_retained_message_and_a_subscription_have_statements_of_their_own():
    [connect, *others] = policy.telemetry(ARN)["Statement"]
    assert connect["Action"] == ["iot:Connect"]
    assert connect["Condition"] == {"Bool": {"iot:Connection.Thing.IsAttached": ["true"]}}
    assert [one["Action"] for one in others] == [
        ["iot:Publish"],
        ["iot:RetainPublish"],
        ["iot:Subscribe"],
        ["iot:Receive"],
    ]


def test_a_policy_without_retained_topics_has_no_empty_statement():
    actions = [one["Action"] for one in policy.management(ARN)["Statement"]]
    assert actions == [["iot:Publish"], ["iot:Subscribe"], ["iot:Receive"]]


def test_mqtt_wildcards_become_those_of_aws():
    resources = [
        resource for one in policy.management(ARN)["Statement"] for resource in one["Resource"]
    ]
    assert f"{ARN}:topic/$aws/things/{policy.THING}/shadow/name/*/update" in resources
    assert f"{ARN}:topicfilter/$aws/things/{policy.THING}/*" in resources
    assert not [one for one in resources if "+" in one or "#" in one or "{device}" in one]
