"""What happens to the files of each zone, where their copies are, and where access is logged."""

import pytest

from provisioning.aws.lake import zones
from provisioning.aws.lake.zones import copy_buckets, lake_buckets, resource_name

ONLY_KEY = {"OnlyTheKeyOfTheBucket", "OnlyKms"}


@pytest.fixture(scope="module")
def lake():
    return lake_buckets()


def properties(resources, word):
    return resources[resource_name(word)]["Properties"]


def age_rule(resources, word):
    rules = properties(resources, word)["LifecycleConfiguration"]["Rules"]
    [rule] = [one for one in rules if one["Id"].startswith("age")]
    return rule


@pytest.mark.parametrize("zone", ["landing", "raw"])
def test_received_rows_are_archived_for_a_year_and_deleted_a_month_after_expire(lake, zone):
    rule = age_rule(lake, zone)
    assert rule["Prefix"] == f"{zone}/"
    assert rule["Transitions"] == [{"StorageClass": "GLACIER_IR", "TransitionInDays": 90}]
    assert rule["ExpirationInDays"] == 90 + 365 + 30
    assert properties(lake, zone)["ObjectLockEnabled"] is True  # a legal hold stops the deletion


@pytest.mark.parametrize(("zone", "days"), [("trusted", 180), ("curated", 365)])
def test_results_are_never_deleted_by_age(lake, zone, days):
    for found, word in ((lake, zone), (copy_buckets(), f"{zone}-copy")):
        rule = age_rule(found, word)
        assert rule["Transitions"] == [{"StorageClass": "STANDARD_IA", "TransitionInDays": days}]
        assert "ExpirationInDays" not in rule


@pytest.mark.parametrize("zone", zones.ZONES)
def test_every_zone_is_copied_to_the_second_region(lake, zone):
    [rule] = properties(lake, zone)["ReplicationConfiguration"]["Rules"]
    assert (rule["Status"], rule["Filter"]) == ("Enabled", {"Prefix": f"{zone}/"})
    assert rule["DeleteMarkerReplication"] == {"Status": "Enabled"}
    assert rule["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    copy_bucket = properties(copy_buckets(), f"{zone}-copy")
    locks = [one.get("ObjectLockEnabled") for one in (properties(lake, zone), copy_bucket)]
    assert locks == [True if zone in {"landing", "raw"} else None] * 2  # S3 copies between alike
    copy = copy_bucket["BucketName"]["Fn::Sub"]
    assert rule["Destination"]["Bucket"]["Fn::Sub"].endswith(f":{copy}")
    assert rule["Destination"]["EncryptionConfiguration"] == {
        "ReplicaKmsKeyID": {"Ref": "CopyKeyArn"}
    }


@pytest.mark.parametrize(
    ("build", "logs"), [(lake_buckets, zones.LOGS), (copy_buckets, zones.COPY_LOGS)]
)
def test_access_to_every_bucket_of_data_is_logged(build, logs):
    resources = build()
    [delivery] = [
        one
        for one in properties(resources, logs)  # the bucket that receives the logs
        and resources[f"{resource_name(logs)}Policy"]["Properties"]["PolicyDocument"]["Statement"]
        if one["Sid"] == "AccessLogs"
    ]
    buckets = [one for one in resources.values() if one["Type"] == "AWS::S3::Bucket"]
    logged = [one for one in buckets if "LoggingConfiguration" in one["Properties"]]
    elsewhere = {zones.LOGS: {zones.UPLOADS}}.get(logs, set())  # the bucket of `lake-uploads`
    assert len(logged) == len(buckets) - 1 == len(delivery["Resource"]) - len(elsewhere)
    for one in logged:
        logging = one["Properties"]["LoggingConfiguration"]
        assert logging["DestinationBucketName"] == {"Ref": resource_name(logs)}
        prefix = logging["LogFilePrefix"]
        assert any(arn["Fn::Sub"].endswith(f"/{prefix}*") for arn in delivery["Resource"])
        assert one["DependsOn"] == f"{resource_name(logs)}Policy"


@pytest.mark.parametrize("zone", zones.ZONES)
def test_an_upload_that_names_another_encryption_is_refused(lake, zone):
    document = lake[f"{resource_name(zone)}Policy"]["Properties"]["PolicyDocument"]
    denied = [one for one in document["Statement"] if one["Sid"] in ONLY_KEY]
    assert len(denied) == len(ONLY_KEY)
    for one in denied:
        [named] = one["Condition"]["StringNotEquals"]
        assert one["Condition"]["Null"] == {named: "false"}  # else it refuses uploads without it


def test_results_of_queries_are_deleted_after_a_week(lake):
    assert age_rule(lake, "query-results")["ExpirationInDays"] == 7
