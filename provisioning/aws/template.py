"""The CloudFormation template: `stack.yaml` and the resources generated from code, as JSON.

The IoT policies are generated from the access rules, the topic rules from the channels of
`wire.topics`, the zones of the lake from one description.
"""

import json
from importlib import resources
from typing import Any, Final

import yaml

from provisioning.access_rules import UPLINK
from provisioning.aws import policy
from wire.fleet.enrolment import SERIAL_NUMBER, TEMPLATE
from wire.topics import ROOT, Channel

ARN: Final = "arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}"
LARGEST_BYTES: Final = 51_200  # CloudFormation's limit for a template in the request
ZONES: Final = ("Landing", "Raw", "Trusted", "Curated")
INFREQUENT_ACCESS_AFTER_DAYS: Final = {"Landing": 30, "Raw": 90, "Trusted": 180, "Curated": 365}
LANDING_RETENTION_DAYS: Final = 400
SELECTED: Final = (
    "SELECT encode(*, 'base64') AS payload, topic() AS topic, timestamp() AS received_ms"
)

Resource = dict[str, Any]


def template() -> dict[str, Any]:
    """The whole template."""
    stack: dict[str, Any] = yaml.safe_load(
        resources.files("provisioning.aws").joinpath("stack.yaml").read_text()
    )
    stack["Resources"] |= {
        **_policies(),
        **{f"{channel.title()}Rule": _rule(channel) for channel in UPLINK},
        "Enrolment": _enrolment(),
        **{f"{zone}Zone": _zone(zone) for zone in ZONES},
        **{f"{zone}ZoneAccess": _tls_only(f"{zone}Zone") for zone in ZONES},
        "AuditBucket": _bucket("audit", cold_after_days=90),
    }
    return stack


def text() -> str:
    """The template as it is sent to CloudFormation."""
    return json.dumps(template(), separators=(",", ":"))


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


def _zone(zone: str) -> Resource:
    expires = LANDING_RETENTION_DAYS if zone == "Landing" else None
    return _bucket(
        zone.lower(), cold_after_days=INFREQUENT_ACCESS_AFTER_DAYS[zone], expires_after_days=expires
    )


def _bucket(name: str, *, cold_after_days: int, expires_after_days: int | None = None) -> Resource:
    rule: Resource = {
        "Id": "age",
        "Status": "Enabled",
        "Transitions": [{"StorageClass": "STANDARD_IA", "TransitionInDays": cold_after_days}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    if expires_after_days is not None:
        rule["ExpirationInDays"] = expires_after_days
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]}}
    return {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BucketName": {"Fn::Sub": f"onlooker-${{Stage}}-{name}-${{AWS::AccountId}}"},
            "VersioningConfiguration": {"Status": "Enabled"},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": encryption}
                ]
            },
            "LifecycleConfiguration": {"Rules": [rule]},
        },
    }


def _tls_only(bucket: str) -> Resource:
    return {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": bucket},
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "OnlyEncryptedConnections",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [
                            {"Fn::GetAtt": [bucket, "Arn"]},
                            {"Fn::Sub": f"${{{bucket}.Arn}}/*"},
                        ],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ],
            },
        },
    }
