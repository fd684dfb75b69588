"""The KMS keys of the lake: one for data in each region, one that signs receipts.

The account administers the keys. Only the roles that a key names use it: an IAM policy alone does
not allow reading. The signing key is asymmetric, so that others check receipts with its public
half; KMS cannot rotate such a key, and a new key gets a new alias.
"""

from typing import Any, Final

from provisioning.aws import buckets
from provisioning.aws.buckets import Resource
from provisioning.aws.lake import access
from provisioning.aws.lake.zones import COPIED, copy_of

ADMINISTRATION: Final = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:Describe*",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:Get*",
    "kms:List*",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
]
DELETION_DAYS: Final = 30


def lake_keys() -> dict[str, Resource]:
    """The data key and the signing key with their aliases."""
    return {
        "DataKey": _data_key("Encrypts the lake", [*access.key_statements(), _log_groups()]),
        "DataKeyAlias": _alias("DataKey", "lake"),
        "ReceiptKey": _signing_key(),
        "ReceiptKeyAlias": _alias("ReceiptKey", "receipts"),
    }


def copy_keys() -> dict[str, Resource]:
    """The data key of the second region; IAM decides who encrypts with it."""
    copies = [buckets.arn(copy_of(zone)) for zone in COPIED]
    statement = {
        "Sid": "ReplicationEncrypts",
        "Effect": "Allow",
        "Principal": {"AWS": access.ACCOUNT},
        "Action": "kms:Encrypt",
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:ViaService": access.S3_SERVICE,
                "kms:EncryptionContext:aws:s3:arn": copies,
            }
        },
    }
    return {
        "DataKey": _data_key("Encrypts the copies of the lake", [statement]),
        "DataKeyAlias": _alias("DataKey", "lake-copy"),
    }


def _data_key(description: str, statements: list[Resource]) -> Resource:
    properties = {
        "Description": description,
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "EnableKeyRotation": True,
    }
    return _key(properties, statements)


def _signing_key() -> Resource:
    signs = {
        "Sid": "ReceiptsAreSigned",
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::GetAtt": ["ReceiptRole", "Arn"]}},
        "Action": "kms:Sign",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:SigningAlgorithm": "ECDSA_SHA_256"}},
    }
    properties = {
        "Description": "Signs receipts",
        "KeySpec": "ECC_NIST_P256",
        "KeyUsage": "SIGN_VERIFY",
    }
    return _key(properties, [signs])


def _key(properties: dict[str, Any], statements: list[Resource]) -> Resource:
    administered = {
        "Sid": "TheAccountAdministers",
        "Effect": "Allow",
        "Principal": {"AWS": access.ACCOUNT},
        "Action": ADMINISTRATION,
        "Resource": "*",
    }
    document = {"Version": access.VERSION, "Statement": [administered, *statements]}
    return {
        "Type": "AWS::KMS::Key",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            **properties,
            "PendingWindowInDays": DELETION_DAYS,
            "KeyPolicy": document,
        },
    }


def _alias(key: str, word: str) -> Resource:
    return {
        "Type": "AWS::KMS::Alias",
        "Properties": {
            "AliasName": {"Fn::Sub": f"alias/onlooker-${{Stage}}-{word}"},
            "TargetKeyId": {"Ref": key},
        },
    }


def _log_groups() -> Resource:
    """CloudWatch Logs encrypts the lake's log groups."""
    groups = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
    return {
        "Sid": "LogGroups",
        "Effect": "Allow",
        "Principal": {"Service": {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}},
        "Action": ["kms:Decrypt*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        "Resource": "*",
        "Condition": {
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": {
                    "Fn::Sub": f"{groups}/onlooker/${{Stage}}/lake*"
                }
            }
        },
    }
