"""S3 buckets: versioned, closed to the public, encrypted, and reached over TLS only.

Names contain the stage and the account, so they are known before a bucket exists: roles and keys
refer to a bucket by its name, and buckets refer to the key.
"""

from dataclasses import dataclass
from typing import Any, Final

NONCURRENT_DAYS: Final = 30
"""How long a deleted or replaced object can be restored."""
MULTIPART_DAYS: Final = 2
STAGING_DAYS: Final = 3
"""A file that is being written is complete within hours; later it belongs to a run that failed."""

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Age:
    """What happens to objects of one prefix by their age in days; None: it does not happen."""

    prefix: str = ""
    storage_class: str = "STANDARD_IA"
    moves_after_days: int | None = None
    expires_after_days: int | None = None


def name(word: str) -> Resource:
    """The name of a bucket."""
    return {"Fn::Sub": f"onlooker-${{Stage}}-{word}-${{AWS::AccountId}}"}


def arn(word: str, path: str = "") -> Resource:
    """The ARN of a bucket, or of the objects in it that `path` matches."""
    suffix = f"/{path}" if path else ""
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{name(word)['Fn::Sub']}{suffix}"}


def bucket(word: str, ages: tuple[Age, ...], *, key: Resource | None) -> Resource:
    """A bucket that outlives its stack.

    Args:
        word: what it holds, part of its name.
        ages: lifecycle by prefix.
        key: ARN of the KMS key that encrypts it by default; None encrypts with S3's own key, which
            S3 requires of a bucket that receives access logs.
    """
    return {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BucketName": name(word),
            "VersioningConfiguration": {"Status": "Enabled"},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [_encryption(key)]},
            "LifecycleConfiguration": {
                "Rules": [*(_age_rule(number, age) for number, age in enumerate(ages)), *_cleanup()]
            },
        },
    }


def _encryption(key: Resource | None) -> Resource:
    if key is None:
        return {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    return {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": default}


def _age_rule(number: int, age: Age) -> Resource:
    rule: Resource = {"Id": f"age-{number}", "Status": "Enabled", "Prefix": age.prefix}
    if age.moves_after_days is not None:
        rule["Transitions"] = [
            {"StorageClass": age.storage_class, "TransitionInDays": age.moves_after_days}
        ]
    if age.expires_after_days is not None:
        rule["ExpirationInDays"] = age.expires_after_days
    return rule


def _cleanup() -> tuple[Resource, ...]:
    return (
        {
            "Id": "staging",
            "Status": "Enabled",
            "Prefix": "_staging/",
            "ExpirationInDays": STAGING_DAYS,
        },
        {
            "Id": "remains",
            "Status": "Enabled",
            "Prefix": "",
            "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": MULTIPART_DAYS},
            "ExpiredObjectDeleteMarker": True,
        },
    )


def policy(word: str, bucket: str, statements: tuple[Resource, ...] = ()) -> Resource:
    """The policy of a bucket: TLS 1.2 or newer only, and these statements."""
    everything = [arn(word), arn(word, "*")]
    return {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": bucket},
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    _deny("OnlyEncryptedConnections", "s3:*", everything,
                          {"Bool": {"aws:SecureTransport": "false"}}),
                    _deny("OnlyCurrentTls", "s3:*", everything,
                          {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
                    *statements,
                ],
            },
        },
    }  # fmt: skip


def only_key(word: str, key: Resource) -> tuple[Resource, ...]:
    """Statements that refuse objects whose upload names another encryption than the bucket's.

    An upload that names none gets the bucket's. A negated condition holds where its key is absent,
    hence `Null`.
    """
    named_key = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    algorithm = "s3:x-amz-server-side-encryption"
    objects = [arn(word, "*")]
    return (
        _deny("OnlyTheKeyOfTheBucket", "s3:PutObject", objects,
              {"StringNotEquals": {named_key: key}, "Null": {named_key: "false"}}),
        _deny("OnlyKms", "s3:PutObject", objects,
              {"StringNotEquals": {algorithm: "aws:kms"}, "Null": {algorithm: "false"}}),
    )  # fmt: skip


def _deny(sid: str, action: str, resource: list[Resource], condition: Resource) -> Resource:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    }
