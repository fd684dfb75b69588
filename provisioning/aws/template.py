"""The CloudFormation template of the cloud: `stack.yaml` and the resources generated from code.

The IoT policies are generated from the access rules, the topic rules from the channels of
`wire.topics`.
"""

import json
from importlib import resources
from typing import Any, Final

import yaml

from provisioning.access_rules import UPLINK
from provisioning.aws import policy
from provisioning.aws.buckets import Age, Resource, bucket
from wire.fleet.enrolment import SERIAL_NUMBER, TEMPLATE
from wire.topics import ROOT, Channel

ARN: Final = "arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}"
KEY: Final = {"Fn::GetAtt": ["Key", "Arn"]}
SELECTED: Final = (
    "SELECT encode(*, 'base64') AS payload, topic() AS topic, timestamp() AS received_ms"
)


def template() -> dict[str, Any]:
    """The whole template."""
    text = resources.files("provisioning.aws").joinpath("stack.yaml").read_text()
    stack: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    stack["Resources"] |= {
        **_policies(),
        **{f"{channel.title()}Rule": _rule(channel) for channel in UPLINK},
        "Enrolment": _enrolment(),
        "AuditBucket": bucket("audit", (Age(moves_after_days=90),), key=KEY),
    }
    return stack


def substituted(document: Any) -> Any:
    """A policy with `Fn::Sub` around each ARN; IoT policy variables are escaped."""
    if isinstance(document, dict):
        return {key: substituted(value) for key, value in document.items()}
    if isinstance(document, list):
        return [substituted(value) for value in document]
    if isinstance(document, str) and document.startswith("arn:"):
        return {"Fn::Sub": document.replace("${iot:", "${!iot:")}
    return document


def _policies() -> dict[str, Resource]:
    documents = {
        "TelemetryPolicy": ("telemetry", policy.telemetry(ARN)),
        "ManagementPolicy": ("management", policy.management(ARN)),
        "IngestPolicy": ("ingest", policy.basic_ingest(ARN, "*")),
        "ClaimPolicy": ("claim", policy.claim(ARN, f"{TEMPLATE}-${{Stage}}")),
    }
    return {
        name: {
            "Type": "AWS::IoT::Policy",
            "Properties": {
                "PolicyName": {"Fn::Sub": f"onlooker-${{Stage}}-{word}"},
                "PolicyDocument": substituted(document),
            },
        }
        for name, (word, document) in documents.items()
    }


def _rule(channel: Channel) -> Resource:
    """Also reached by `$aws/rules/<name>/...`, which costs no message (Basic Ingest)."""
    role = {"RoleArn": {"Fn::GetAtt": ["RulesRole", "Arn"]}}
    stream = {"StreamName": {"Ref": "Reports"}, "PartitionKey": "${topic(4)}", **role}
    people = {"TargetArn": {"Ref": "Alarms"}, "MessageFormat": "RAW", **role}
    actions = [{"Kinesis": stream}, *([{"Sns": people}] if channel is Channel.ALARM else [])]
    return {
        "Type": "AWS::IoT::TopicRule",
        "Properties": {
            "RuleName": {"Fn::Join": ["_", ["onlooker", _underscored("Stage"), channel]]},
            "TopicRulePayload": {
                "AwsIotSqlVersion": "2016-03-23",
                "Sql": f"{SELECTED} FROM '{ROOT}/+/+/{channel}'",
                "Actions": actions,
                "ErrorAction": {
                    "Sqs": {"QueueUrl": {"Ref": "LostMessages"}, "UseBase64": True, **role}
                },
                "RuleDisabled": False,
            },
        },
    }


def _underscored(parameter: str) -> Resource:
    return {"Fn::Join": ["_", {"Fn::Split": ["-", {"Ref": parameter}]}]}


def _enrolment() -> Resource:
    return {
        "Type": "AWS::IoT::ProvisioningTemplate",
        "Properties": {
            "TemplateName": {"Fn::Sub": f"{TEMPLATE}-${{Stage}}"},
            "Enabled": True,
            "ProvisioningRoleArn": {"Fn::GetAtt": ["EnrolmentRole", "Arn"]},
            "PreProvisioningHook": {
                "TargetArn": {"Fn::GetAtt": ["EnrolmentHook", "Arn"]},
                "PayloadVersion": "2020-04-01",
            },
            "TemplateBody": {
                "Fn::Sub": json.dumps(_template_body()).replace("__", "${").replace("~~", "}")
            },
        },
    }


def _template_body() -> Resource:
    """What AWS creates for a camera that enrols; `__X~~` marks a substitution of the stack."""
    parameters = (SERIAL_NUMBER, "Device", "Location", "AWS::IoT::Certificate::Id")
    policies = {
        word: {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": f"__{word}Policy~~"}}
        for word in ("Telemetry", "Management", "Ingest")
    }
    return {
        "Parameters": {name: {"Type": "String"} for name in parameters},
        "Resources": {
            "certificate": {
                "Type": "AWS::IoT::Certificate",
                "Properties": {
                    "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
                    "Status": "Active",
                },
            },
            "thing": {
                "Type": "AWS::IoT::Thing",
                "Properties": {
                    "ThingName": {"Ref": "Device"},
                    "ThingTypeName": "__CameraType~~",
                    "AttributePayload": {
                        "location": {"Ref": "Location"},
                        "serial": {"Ref": SERIAL_NUMBER},
                    },
                },
            },
            **policies,
        },
        "DeviceConfiguration": {"location": {"Ref": "Location"}},
    }
