"""The buckets of the lake: zones, query results, catalogue, configuration, access logs, copies.

Landing and raw rows move to an archive class after 90 days and are deleted a year later, by `lake
expire`, which respects legal holds. S3 deletes what is left a month after that. The archive class
is Glacier Instant Retrieval: late rows change old days, and verification reads every file.
Buckets with a deletion date allow S3 Object Lock, so that a hold can stop S3 too; their copies must
allow it as well.
"""

from typing import Any, Final

from provisioning.aws import buckets
from provisioning.aws.buckets import Age, Resource

ZONES: Final = ("landing", "raw", "trusted", "curated")
ARCHIVED: Final = ("landing", "raw")
COPIED: Final = ZONES
"""Zones with a copy in the second region."""
HOT_DAYS: Final = 90
ARCHIVE_DAYS: Final = 365
MARGIN_DAYS: Final = 30
"""Longer than `lake expire` takes: it deletes a file two weeks after it removed its day."""
ARCHIVE_CLASS: Final = "GLACIER_IR"
INFREQUENT_ACCESS_AFTER_DAYS: Final = {"trusted": 180, "curated": 365}
RESULT_DAYS: Final = 7
LOG_DAYS: Final = 400

RESULTS: Final = "query-results"
CATALOGUE: Final = "catalogue"
CONFIG: Final = "config"
"""The sites file, and what runs on Spark; earlier versions can be restored."""
DATA: Final = (*ZONES, RESULTS, CATALOGUE, CONFIG)
UPLOADS: Final = "uploads"
"""Files of data products as they arrive: `PRODUCT/FILE`. The bucket is that of `lake-uploads`."""
LOGS: Final = "access-logs"
COPY_LOGS: Final = "copy-access-logs"
DATA_KEY: Final = {"Fn::GetAtt": ["DataKey", "Arn"]}


def resource_name(word: str) -> str:
    """The logical name of the bucket `word`."""
    return f"{word.title().replace('-', '')}Bucket"


def copy_of(zone: str) -> str:
    """The word in the name of the bucket with the copies of a zone."""
    return f"{zone}-copy"


def lake_buckets() -> dict[str, Resource]:
    """Buckets and bucket policies of the lake."""
    found: dict[str, Resource] = {}
    for zone in ZONES:
        found |= _logged(zone, _ages(zone), LOGS)
        properties = found[resource_name(zone)]["Properties"]
        if zone in ARCHIVED:
            properties["ObjectLockEnabled"] = True
        if zone in COPIED:
            properties["ReplicationConfiguration"] = _replication(zone)
    found |= _logged(RESULTS, (Age(expires_after_days=RESULT_DAYS),), LOGS)
    for word in (CATALOGUE, CONFIG):
        found |= _logged(word, (), LOGS)
    return found | log_bucket(LOGS, [*DATA, UPLOADS], has_trail=True)


def copy_buckets() -> dict[str, Resource]:
    """Buckets of the second region, with the copies of the zones."""
    found: dict[str, Resource] = {}
    for zone in COPIED:
        found |= _logged(copy_of(zone), _ages(zone), COPY_LOGS)
        if zone in ARCHIVED:
            found[resource_name(copy_of(zone))]["Properties"]["ObjectLockEnabled"] = True
    return found | log_bucket(COPY_LOGS, [copy_of(zone) for zone in COPIED], has_trail=False)


def log_bucket(word: str, sources: list[str], *, has_trail: bool) -> dict[str, Resource]:
    """The bucket that receives the access logs of others, and the trail of their objects."""
    own = resource_name(word)
    delivery: Resource = {
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": [buckets.arn(word, f"{source}/*") for source in sources],
        "Condition": {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": [buckets.arn(source) for source in sources]},
        },
    }
    statements = (delivery, *(_trail_statements(word) if has_trail else ()))
    return {
        own: buckets.bucket(
            word, (Age(moves_after_days=HOT_DAYS, expires_after_days=LOG_DAYS),), key=None
        ),
        f"{own}Policy": buckets.policy(word, own, statements),
    }


def _logged(word: str, ages: tuple[Age, ...], logs: str) -> dict[str, Resource]:
    """A bucket of data with its policy; its access logs go to `logs`."""
    own = resource_name(word)
    made = buckets.bucket(word, ages, key=DATA_KEY)
    made["DependsOn"] = f"{resource_name(logs)}Policy"
    made["Properties"]["LoggingConfiguration"] = {
        "DestinationBucketName": {"Ref": resource_name(logs)},
        "LogFilePrefix": f"{word}/",
    }
    statements = () if word == RESULTS else buckets.only_key(word, DATA_KEY)
    return {own: made, f"{own}Policy": buckets.policy(word, own, statements)}


def _ages(zone: str) -> tuple[Age, ...]:
    if zone in ARCHIVED:
        return (
            Age(
                f"{zone}/",
                ARCHIVE_CLASS,
                moves_after_days=HOT_DAYS,
                expires_after_days=HOT_DAYS + ARCHIVE_DAYS + MARGIN_DAYS,
            ),
        )
    return (Age(f"{zone}/", moves_after_days=INFREQUENT_ACCESS_AFTER_DAYS[zone]),)


def _replication(zone: str) -> dict[str, Any]:
    destination = {
        "Bucket": buckets.arn(copy_of(zone)),
        "StorageClass": "STANDARD_IA",
        "EncryptionConfiguration": {"ReplicaKmsKeyID": {"Ref": "CopyKeyArn"}},
    }
    rule = {
        "Id": "copy",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": f"{zone}/"},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": destination,
    }
    return {"Role": {"Fn::GetAtt": ["ReplicationRole", "Arn"]}, "Rules": [rule]}


def _trail_statements(word: str) -> tuple[Resource, ...]:
    trail = {
        "Fn::Sub": "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:"
        "trail/onlooker-${Stage}-lake"
    }
    allow = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    return (
        {
            **allow,
            "Sid": "TrailChecksTheBucket",
            "Action": "s3:GetBucketAcl",
            "Resource": buckets.arn(word),
            "Condition": {"StringEquals": {"aws:SourceArn": trail}},
        },
        {
            **allow,
            "Sid": "TrailWrites",
            "Action": "s3:PutObject",
            "Resource": buckets.arn(word, "AWSLogs/${AWS::AccountId}/*"),
            "Condition": {
                "StringEquals": {
                    "aws:SourceArn": trail,
                    "s3:x-amz-acl": "bucket-owner-full-control",
                }
            },
        },
    )
