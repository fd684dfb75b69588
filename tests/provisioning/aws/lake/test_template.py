"""Each resource of the lake's stacks: deployed by moto, or accepted by its API of the service."""

import json

import pytest

from provisioning.aws.evaluator import Attempt, is_allowed
from provisioning.aws.lake.zones import ZONES
from provisioning.aws.templates import TEMPLATES
from tests.provisioning.aws.lake.conftest import created
from tests.provisioning.aws.lake.references import (
    ACCOUNT,
    REFERENCES,
    REGION,
    SECOND_REGION,
    arn_of,
    of_type,
    resolve,
)

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
NOT_IN_MOTO = {
    "AWS::Athena::WorkGroup",
    "AWS::Budgets::Budget",
    "AWS::CloudTrail::Trail",
    "AWS::CloudWatch::Alarm",
    "AWS::EMRServerless::Application",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
}
GLUE_NOT_IN_MOTO = {"AWS::Glue::Database", "AWS::Glue::Table"}


def test_every_bucket_exists_in_its_region_with_its_encryption(aws):
    s3 = aws("s3")
    names = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    found = {one: s3.get_bucket_location(Bucket=one)["LocationConstraint"] for one in names}
    words = {*ZONES, "query-results", "access-logs"}
    copies = {"trusted-copy", "curated-copy", "copy-access-logs"}
    assert found == {
        f"onlooker-test-{word}-{ACCOUNT}": SECOND_REGION if word in copies else REGION
        for word in words | copies
    }
    for name, region in found.items():
        encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
        default = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
        if "access-logs" in name:
            assert default == {"SSEAlgorithm": "AES256"}
        else:
            assert default["SSEAlgorithm"] == "aws:kms"
            assert default["KMSMasterKeyID"].startswith(f"arn:aws:kms:{region}:{ACCOUNT}:key/")


def test_every_key_has_an_alias(aws):
    for region, words in ((REGION, {"lake", "receipts"}), (SECOND_REGION, {"lake-copy"})):
        names = {one["AliasName"] for one in aws("kms", region).list_aliases()["Aliases"]}
        assert {f"alias/onlooker-test-{word}" for word in words} <= names


def test_glue_takes_the_databases_and_tables_as_the_template_states_them(aws):
    glue = aws("glue")
    for template in ("lake-received-tables", "lake-tables"):
        for database in of_type(template, "AWS::Glue::Database"):
            glue.create_database(**database)
        for table in of_type(template, "AWS::Glue::Table"):
            glue.create_table(**table)
    tables = glue.get_tables(DatabaseName="onlooker_test_raw")["TableList"]
    assert "audience_reports" in {table["Name"] for table in tables}
    for table in tables:
        location = f"s3://onlooker-test-raw-{ACCOUNT}/_lists/raw/{table['Name']}/"
        assert table["StorageDescriptor"]["Location"] == location
        assert table["Parameters"]["storage.location.template"] == f"{location}day=${{day}}/"


def test_athena_takes_the_workgroup_with_a_limit_and_encrypted_results(aws):
    athena = aws("athena")
    [given] = of_type("lake", "AWS::Athena::WorkGroup")
    settings = given["WorkGroupConfiguration"]
    limit = int(settings["BytesScannedCutoffPerQuery"])  # a text in the template
    athena.create_work_group(
        Name=given["Name"],
        Description=given["Description"],
        Configuration=settings | {"BytesScannedCutoffPerQuery": limit},
    )
    group = athena.get_work_group(WorkGroup="onlooker-test-lake")["WorkGroup"]["Configuration"]
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["BytesScannedCutoffPerQuery"] == 10_000_000_000
    result = group["ResultConfiguration"]
    assert result["OutputLocation"] == f"s3://onlooker-test-query-results-{ACCOUNT}/"
    assert result["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"


@pytest.mark.parametrize("template", ["lake", "lake-copy"])
def test_s3_takes_policies_lifecycles_and_replication_as_the_template_states_them(aws, template):
    s3 = aws("s3")
    resources = TEMPLATES[template]()["Resources"]
    for name, one in resources.items():
        if one["Type"] != "AWS::S3::Bucket":
            continue
        bucket = resolve(one["Properties"], REFERENCES)
        policy = resolve(resources[f"{name}Policy"]["Properties"]["PolicyDocument"], REFERENCES)
        known = {"Bucket": bucket["BucketName"]}
        s3.put_bucket_policy(**known, Policy=json.dumps(policy))
        assert json.loads(s3.get_bucket_policy(**known)["Policy"]) == policy
        s3.put_bucket_versioning(**known, VersioningConfiguration=bucket["VersioningConfiguration"])
        assert s3.get_bucket_versioning(**known)["Status"] == "Enabled"
        rules = [to_api(rule) for rule in bucket["LifecycleConfiguration"]["Rules"]]
        s3.put_bucket_lifecycle_configuration(**known, LifecycleConfiguration={"Rules": rules})
        stored = s3.get_bucket_lifecycle_configuration(**known)["Rules"]
        assert [one["ID"] for one in stored] == [one["ID"] for one in rules]
        if replication := bucket.get("ReplicationConfiguration"):
            [rule] = replication["Rules"]
            rule["ID"] = rule.pop("Id")
            s3.put_bucket_replication(**known, ReplicationConfiguration=replication)
            found = s3.get_bucket_replication(**known)["ReplicationConfiguration"]
            assert found["Rules"][0]["Destination"] == rule["Destination"]


def to_api(rule):
    """A lifecycle rule of CloudFormation in the form of the API of S3."""
    given = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule["Prefix"]}}
    if "Transitions" in rule:
        given["Transitions"] = [
            {"Days": one["TransitionInDays"], "StorageClass": one["StorageClass"]}
            for one in rule["Transitions"]
        ]
    if "ExpirationInDays" in rule:
        given["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if rule.get("ExpiredObjectDeleteMarker"):
        given["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in rule:
            given[name] = rule[name]
    return given


@pytest.mark.parametrize(
    ("rule", "task", "action", "at"),
    [("nightly", "update", "update", 2), ("maintenance", "maintenance", "expire", 12)],
)
def test_the_runs_are_scheduled_in_containers(aws, rule, task, action, at):
    events = aws("events")
    found = events.describe_rule(Name=f"onlooker-test-lake-{rule}")
    assert (found["ScheduleExpression"], found["State"]) == (f"cron(0 {at} * * ? *)", "ENABLED")
    [target] = events.list_targets_by_rule(Rule=f"onlooker-test-lake-{rule}")["Targets"]
    assert target["Id"] == action
    name = f"onlooker-test-lake-{task}"
    definition = aws("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"]
    [container] = definition["containerDefinitions"]
    assert container["command"] == ["lake", action]
    assert container["readonlyRootFilesystem"] is True
    assert [one["containerPath"] for one in container["mountPoints"]] == ["/var/tmp"]
    environment = {one["name"]: one["value"] for one in container["environment"]}
    assert environment["ONLOOKER_LAKE"] == f"s3://onlooker-test-{{zone}}-{ACCOUNT}"
    assert [secret["name"] for secret in container["secrets"]] == ["ONLOOKER_DATABASE_URL"]


def test_the_schedule_starts_tasks_with_their_roles_and_nothing_else(role_policies):
    _, policies = role_policies["ScheduleRole"]
    started = {"UpdateRole": True, "MaintenanceRole": True, "ExecutionRole": True}
    for role, may in (started | {"MartsRole": False}).items():
        passed = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
        attempt = Attempt("iam:PassRole", role_policies[role][0], passed)
        statements = [one for one in policies[0]["Statement"] if one["Action"] == "iam:PassRole"]
        assert is_allowed([{"Statement": statements}], attempt) is may, role


def test_a_task_has_its_own_role_and_every_log_is_encrypted():
    """Moto leaves both properties out."""
    resources = TEMPLATES["lake"]()["Resources"]
    for task in ("Update", "Maintenance"):
        role = resources[f"{task}Task"]["Properties"]["TaskRoleArn"]
        assert role == {"Fn::GetAtt": [f"{task}Role", "Arn"]}
    for group in of_type("lake", "AWS::Logs::LogGroup"):
        assert group["KmsKeyId"] == REFERENCES["DataKey.Arn"]


def test_the_logs_are_kept_90_days(aws):
    groups = aws("logs").describe_log_groups(logGroupNamePrefix="/onlooker/test/")["logGroups"]
    assert {group["logGroupName"] for group in groups} == {
        "/onlooker/test/lake",
        "/onlooker/test/lake-trail",
    }
    for group in groups:
        assert group["retentionInDays"] == 90


def test_the_dashboard_is_deployed(aws):
    body = aws("cloudwatch").get_dashboard(DashboardName="onlooker-test-lake")["DashboardBody"]
    titles = [one["properties"]["title"] for one in json.loads(body)["widgets"]]
    assert titles == [
        "Reports of the nightly run",
        "Bytes of each zone, standard storage",
        "Bytes read by queries",
        "Unusual access",
    ]


def test_the_programs_accept_no_connection(aws):
    group = created(aws, "AWS::EC2::SecurityGroup")["SecurityGroup"]
    [found] = aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert found["IpPermissions"] == []


def test_cloudwatch_takes_filters_and_alarms_as_the_template_states_them(aws):
    logs, cloudwatch = aws("logs"), aws("cloudwatch")
    for given in of_type("lake", "AWS::Logs::MetricFilter"):
        [transformation] = given["MetricTransformations"]
        logs.put_metric_filter(
            logGroupName=given["LogGroupName"],
            filterName=transformation["MetricName"],
            filterPattern=given["FilterPattern"],
            metricTransformations=[
                {name[0].lower() + name[1:]: value for name, value in transformation.items()}
            ],
        )
    for number, given in enumerate(of_type("lake", "AWS::CloudWatch::Alarm")):
        cloudwatch.put_metric_alarm(AlarmName=f"alarm-{number}", **given)
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    assert len(alarms) == 4
    assert {alarm["AlarmActions"][0] for alarm in alarms} == {REFERENCES["AlarmTopic"]}


def test_cloudtrail_takes_the_events_of_objects_in_the_zones(aws):
    [given] = of_type("lake", "AWS::CloudTrail::Trail")
    cloudtrail = aws("cloudtrail")
    cloudtrail.create_trail(
        Name=given["TrailName"],
        S3BucketName=given["S3BucketName"],
        EnableLogFileValidation=given["EnableLogFileValidation"],
    )
    cloudtrail.put_event_selectors(
        TrailName=given["TrailName"], AdvancedEventSelectors=given["AdvancedEventSelectors"]
    )
    found = cloudtrail.get_event_selectors(TrailName=given["TrailName"])
    [selector] = found["AdvancedEventSelectors"]
    fields = {one["Field"]: one for one in selector["FieldSelectors"]}
    assert fields["eventCategory"]["Equals"] == ["Data"]
    assert fields["resources.type"]["Equals"] == ["AWS::S3::Object"]
    assert fields["resources.ARN"]["StartsWith"] == [arn_of(zone, "/") for zone in ZONES]


def test_emr_serverless_takes_an_application_that_stops_when_it_is_idle(aws):
    [given] = of_type("lake", "AWS::EMRServerless::Application")
    emr = aws("emr-serverless")
    application = emr.create_application(**lower_case(given))
    found = emr.get_application(applicationId=application["applicationId"])["application"]
    assert found["releaseLabel"] == "emr-7.13.0"
    assert found["autoStopConfiguration"] == {"enabled": True, "idleTimeoutMinutes": 15}
    assert found["maximumCapacity"]["cpu"] == "64 vCPU"


def lower_case(value):
    """Names of properties as the API writes them."""
    if not isinstance(value, dict):
        return value
    return {name[0].lower() + name[1:]: lower_case(one) for name, one in value.items()}


def test_budgets_takes_the_budget_of_the_stack(aws):
    [stack] = aws("cloudformation").describe_stacks(StackName="onlooker-lake")["Stacks"]
    assert stack["Tags"] == [{"Key": "onlooker-stack", "Value": "onlooker-lake"}]
    [given] = of_type("lake", "AWS::Budgets::Budget")
    budget = given["Budget"]
    budget["BudgetLimit"]["Amount"] = str(budget["BudgetLimit"]["Amount"])
    aws("budgets").create_budget(AccountId=ACCOUNT, **given)
    found = aws("budgets").describe_budget(AccountId=ACCOUNT, BudgetName="onlooker-test-lake")
    assert found["Budget"]["CostFilters"] == {"TagKeyValue": ["user:onlooker-stack$onlooker-lake"]}
    kinds = [
        one["Notification"]["NotificationType"] for one in given["NotificationsWithSubscribers"]
    ]
    assert kinds == ["ACTUAL", "FORECASTED"]


def test_the_resources_that_moto_leaves_out_are_known(aws):
    found = aws("cloudformation").describe_stack_resources(StackName="onlooker-lake")
    resources = found["StackResources"]
    kinds = {one.get("ResourceType") for one in resources}
    template = {one["Type"] for one in TEMPLATES["lake"]()["Resources"].values()}
    assert template - kinds == NOT_IN_MOTO
    tables = {one["Type"] for one in TEMPLATES["lake-tables"]()["Resources"].values()}
    assert tables == GLUE_NOT_IN_MOTO
