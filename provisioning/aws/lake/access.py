"""Who may read and write which zone: one table, rendered as IAM policies and as key policies.

A role reads a zone only if both its policy and the policy of the data key allow it. The key policy
binds each role to the buckets of the table by the encryption context, which is the ARN of the
bucket. No role deletes versions of objects.
"""

from dataclasses import dataclass
from typing import Any, Final

from provisioning.aws import buckets
from provisioning.aws.buckets import Resource
from provisioning.aws.lake.uploads import receive_statements
from provisioning.aws.lake.zones import CATALOGUE, CONFIG, COPIED, LOGS, RESULTS, UPLOADS, ZONES

READ: Final = ["s3:GetObject"]
WRITE: Final = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"]
OF_BUCKET: Final = ["s3:GetBucketLocation", "s3:ListBucket"]
VERSION: Final = "2012-10-17"
ACCOUNT: Final = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
SITES: Final = "sites.yaml"
"""The sites file in the bucket of the configuration."""
S3_SERVICE: Final = {"Fn::Sub": "s3.${AWS::Region}.amazonaws.com"}


@dataclass(frozen=True, slots=True)
class Grant:
    """Access to one bucket, or to the objects below one path of it."""

    bucket: str
    path: str = "*"
    writes: bool = False


GRANTS: Final[dict[str, tuple[Grant, ...]]] = {
    # `lake update` lands reports and promotes them in one process; first it looks for the newest
    # files of the manifest, which can be curated ones
    "UpdateRole": (
        Grant("landing", writes=True),
        Grant("raw", writes=True),
        Grant("trusted", writes=True),
        Grant("curated"),
    ),
    "MartsRole": (Grant("trusted"), Grant("curated", writes=True), Grant(CONFIG)),
    # the nightly run lands, promotes, builds and expires in one process
    "NightlyRole": (
        *(Grant(zone, writes=True) for zone in ZONES),
        Grant(CATALOGUE, writes=True),
        Grant(CONFIG, SITES),
    ),
    # `products watch` loads files that arrive, and computes the results of their product
    "UploadsRole": (*(Grant(zone, writes=True) for zone in ZONES), Grant(UPLOADS)),
    "AnalystRole": (Grant("curated"), Grant(RESULTS, writes=True), Grant(CATALOGUE)),
    "OperatorRole": (Grant(CONFIG, writes=True), Grant(UPLOADS, writes=True)),
}
"""Also the auditor, who reads access logs and settings and no zone."""
RUNNING: Final = {
    "UpdateRole": ["ecs-tasks.amazonaws.com"],
    "MartsRole": ["ecs-tasks.amazonaws.com", "emr-serverless.amazonaws.com"],
    "NightlyRole": ["ecs-tasks.amazonaws.com"],
    "UploadsRole": ["ecs-tasks.amazonaws.com"],
}
"""Roles of programs, and what takes them."""


def roles() -> dict[str, Resource]:
    """The roles of the lake."""
    made = {
        **{name: _role(_by_services(given), _zone_policy(name)) for name, given in RUNNING.items()},
        "OperatorRole": _role(_by_people("operator"), _zone_policy("OperatorRole")),
        "AnalystRole": _role(_by_people("analyst"), [*_zone_policy("AnalystRole"), *_athena()]),
        "AuditorRole": _role(_by_people("auditor"), _audit()),
        "ReplicationRole": _role(_by_s3(), _replication()),
        "ReceiptRole": _role(_by_services(["ecs-tasks.amazonaws.com"]), []),
    }
    received = made["UploadsRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    received["Statement"] += receive_statements()
    for name, role in made.items():
        role["Properties"]["RoleName"] = role_name(name)
    return made


def role_name(role: str) -> Resource:
    """The name of a role: other templates refer to it."""
    return {"Fn::Sub": f"onlooker-${{Stage}}-lake-{role.removesuffix('Role').lower()}"}


def role_arn(role: str) -> Resource:
    """The ARN of a role, for other templates."""
    account = "arn:${AWS::Partition}:iam::${AWS::AccountId}"
    return {"Fn::Sub": f"{account}:role/{role_name(role)['Fn::Sub']}"}


def key_statements() -> list[Resource]:
    """The statements of the data key that let the roles use it for their buckets."""
    statements = []
    for role, grants in GRANTS.items():
        read = [grant.bucket for grant in grants]
        written = [grant.bucket for grant in grants if grant.writes]
        statements.append(_use(role, "Decrypt", read))
        statements.append(_use(role, "GenerateDataKey", written))
    return [*statements, _use("ReplicationRole", "Decrypt", list(COPIED))]


def _use(role: str, action: str, words: list[str]) -> Resource:
    return {
        "Sid": f"{role}{action}",
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::GetAtt": [role, "Arn"]}},
        "Action": f"kms:{action}",
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:ViaService": S3_SERVICE,
                "kms:EncryptionContext:aws:s3:arn": [buckets.arn(word) for word in words],
            }
        },
    }


def _role(trust: Resource, statements: list[Resource]) -> Resource:
    properties: dict[str, Any] = {
        "AssumeRolePolicyDocument": {"Version": VERSION, "Statement": [trust]}
    }
    if statements:
        document = {"Version": VERSION, "Statement": statements}
        properties["Policies"] = [{"PolicyName": "lake", "PolicyDocument": document}]
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _by_services(services: list[str]) -> Resource:
    return {
        "Effect": "Allow",
        "Principal": {"Service": services},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }


def _by_s3() -> Resource:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


def _by_people(duty: str) -> Resource:
    """Principals of the account with the tag `onlooker-lake`, if their own policy allows it."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalTag/onlooker-lake": duty}},
    }


def _allow(actions: str | list[str], resource: Any) -> Resource:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _zone_policy(role: str) -> list[Resource]:
    grants = GRANTS[role]
    written = [buckets.arn(grant.bucket, grant.path) for grant in grants if grant.writes]
    return [
        _allow(OF_BUCKET, [buckets.arn(grant.bucket) for grant in grants]),
        _allow(READ, [buckets.arn(grant.bucket, grant.path) for grant in grants]),
        _allow(WRITE, written),
    ]


def _athena() -> list[Resource]:
    """Queries in the lake's workgroup over the curated tables."""
    account = "${AWS::Region}:${AWS::AccountId}"
    glue = f"arn:${{AWS::Partition}}:glue:{account}"
    workgroup = f"arn:${{AWS::Partition}}:athena:{account}:workgroup/onlooker-${{Stage}}-lake"
    return [
        _allow(
            [
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetWorkGroup",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            {"Fn::Sub": workgroup},
        ),
        _allow(
            ["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"],
            [
                {"Fn::Sub": f"{glue}:catalog"},
                _of_curated(f"{glue}:database/onlooker_", "_curated"),
                _of_curated(f"{glue}:table/onlooker_", "_curated/*"),
            ],
        ),
    ]


def _of_curated(before: str, after: str) -> Resource:
    return {"Fn::Join": ["", [{"Fn::Sub": before}, underscored_stage(), after]]}


def underscored_stage() -> Resource:
    """The stage as Glue and Athena allow it in a name of a database."""
    return {"Fn::Join": ["_", {"Fn::Split": ["-", {"Ref": "Stage"}]}]}


def _audit() -> list[Resource]:
    """Access logs, and the settings of buckets and keys; no object of a zone."""
    every = [buckets.arn(word) for word in (*ZONES, RESULTS, CATALOGUE, CONFIG, UPLOADS, LOGS)]
    return [
        _allow(READ, buckets.arn(LOGS, "*")),
        _allow(OF_BUCKET, buckets.arn(LOGS)),
        _allow(
            [
                "s3:GetBucketLogging",
                "s3:GetBucketObjectLockConfiguration",
                "s3:GetBucketPolicy",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketVersioning",
                "s3:GetEncryptionConfiguration",
                "s3:GetLifecycleConfiguration",
                "s3:GetReplicationConfiguration",
            ],
            every,
        ),
    ]


def _replication() -> list[Resource]:
    sources = [buckets.arn(zone) for zone in COPIED]
    objects = [buckets.arn(zone, "*") for zone in COPIED]
    copies = [buckets.arn(f"{zone}-copy", "*") for zone in COPIED]
    return [
        _allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], sources),
        _allow(
            [
                "s3:GetObjectLegalHold",
                "s3:GetObjectRetention",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            ],
            objects,
        ),
        _allow(["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"], copies),
        _allow("kms:Encrypt", {"Ref": "CopyKeyArn"}),
    ]
