"""AWS IoT policies, rendered from the access rules with policy variables instead of names.

`${iot:Connection.Thing.ThingName}` has a value only when the client id is the name of a thing that
is attached to the certificate; a statement whose variable has no value grants nothing. The location
is an attribute of the thing. AWS's `*` spans topic levels, MQTT's `+` does not. The additional
topics that `*` matches do not exist at AWS, which refuses them.

AWS limits a policy to 2,048 characters, so a device has three policies.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from provisioning.access_rules import DEVICE_RULES, AccessRule, TopicAction
from wire.fleet.device_config import THINGS
from wire.topics import ROOT

VERSION: Final = "2012-10-17"
LARGEST_CHARACTERS: Final = 2_048
THING: Final = "${iot:Connection.Thing.ThingName}"
LOCATION: Final = "${iot:Connection.Thing.Attributes[location]}"
CLAIM_TOPICS: Final = "$aws/certificates/create-from-csr"
TEMPLATES: Final = "$aws/provisioning-templates"

Policy = dict[str, Any]


def telemetry(arn: str) -> Policy:
    """Connection and the topics of this project. `arn` is `arn:aws:iot:REGION:ACCOUNT`."""
    attached = {"Bool": {"iot:Connection.Thing.IsAttached": ["true"]}}
    connect = {**_allow(["Connect"], [f"{arn}:client/{THING}"]), "Condition": attached}
    return _policy([connect, *_statements(arn, _below(ROOT))])


def management(arn: str) -> Policy:
    """Shadows and jobs of the device itself."""
    return _policy(_statements(arn, _below(THINGS)))


def basic_ingest(arn: str, stage: str) -> Policy:
    """Publishing to the rules engine directly (Basic Ingest), which AWS does not charge."""
    rules = [rule for rule in _below(ROOT) if rule.action is TopicAction.PUBLISH]
    resources = [
        f"{arn}:topic/$aws/rules/onlooker_{stage}_{rule.topic.rpartition('/')[2]}/"
        f"{_wildcards(rule.topic)}"
        for rule in rules
    ]
    return _policy([_allow(["Publish"], resources)])


def claim(arn: str, template: str) -> Policy:
    """What a claim may do: request a certificate and register with one template."""
    topics = [f"{CLAIM_TOPICS}/*", f"{TEMPLATES}/{template}/provision/*"]
    return _policy(
        [
            _allow(["Connect"], ["*"]),
            _allow(["Publish", "Receive"], [f"{arn}:topic/{topic}" for topic in topics]),
            _allow(["Subscribe"], [f"{arn}:topicfilter/{topic}" for topic in topics]),
        ]
    )


def text(policy: Policy) -> str:
    """The policy without spaces, as AWS counts its characters."""
    return json.dumps(policy, separators=(",", ":"))


def _policy(statements: list[Policy]) -> Policy:
    return {"Version": VERSION, "Statement": statements}


def _below(root: str) -> list[AccessRule]:
    return [rule for rule in DEVICE_RULES if rule.topic.startswith(f"{root}/")]


def _statements(arn: str, rules: list[AccessRule]) -> list[Policy]:
    published = [rule for rule in rules if rule.action is TopicAction.PUBLISH]
    received = [rule for rule in rules if rule.action is TopicAction.SUBSCRIBE]
    retained = [rule for rule in published if rule.retained]
    statements = [
        _allow(["Publish"], _resources(arn, "topic", published)),
        _allow(["RetainPublish"], _resources(arn, "topic", retained)),
        _allow(["Subscribe"], _resources(arn, "topicfilter", received)),
        _allow(["Receive"], _resources(arn, "topic", received)),
    ]
    return [statement for statement in statements if statement["Resource"]]


def _allow(actions: list[str], resources: list[str]) -> Policy:
    return {
        "Effect": "Allow",
        "Action": [f"iot:{action}" for action in actions],
        "Resource": resources,
    }


def _resources(arn: str, kind: str, rules: Iterable[AccessRule]) -> list[str]:
    return [f"{arn}:{kind}/{_wildcards(rule.topic)}" for rule in rules]


def _wildcards(topic: str) -> str:
    plain = topic.replace("{location}", LOCATION).replace("{device}", THING)
    return plain.replace("+", "*").removesuffix("#") + ("*" if topic.endswith("#") else "")
