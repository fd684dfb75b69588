"""Each resource of the lake's stacks: deployed by moto, or accepted by its API of the service."""

import json

import pytest

from provisioning.aws.evaluator import Attempt, is_allowed
from provisioning.aws.lake.zones import ZONES
from provisioning.aws.templates import TEMPLATES
from tests.provisioning.aws.lake.conftest import created, read_resources
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
    "lake-uploads": {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"},
    "lake": {"AWS::Athena::WorkGroup", "AWS::S3::BucketPolicy"},
    "lake-runs": {
        "AWS::CloudWatch::Alarm",
        "AWS::EMRServerless::Application",
        "AWS::Logs::MetricFilter",
        "AWS::Scheduler::Schedule",
    },
    "lake-monitoring": {
        "AWS::Budgets::Budget",
        "AWS::CloudTrail::Trail",
        "AWS::CloudWatch::Alarm",
        "AWS::Logs::MetricFilter",
    },
}
GLUE_NOT_IN_MOTO = {"AWS::Glue::Database", "AWS::Glue::Table"}


def test_every_bucket_exists_in_its_region_with_its_encryption(aws):
    s3 = aws("s3")
    names = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    found = {one: s3.get_bucket_location(Bucket=one)["LocationConstraint"] for one in names}
    words = {*ZONES, "query-results", "catalogue", "config", "uploads", "access-logs"}
    copies = {"copy-access-logs", *(f"{zone}-copy" for zone in ZONES)}
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
    for template in (f"lake-{zone}-tables" for zone in ZONES):
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
    ("rule", "command", "at"),
    [("nightly", ["nightly"], "0 2"), ("update", ["lake", "update"], "15 0")],
)
def test_the_runs_are_scheduled_in_containers(aws, rule, command, at):
    events = aws("events")
    name = f"onlooker-test-lake-{rule}"
    found = events.describe_rule(Name=name)
    assert (found["ScheduleExpression"], found["State"]) == (f"cron({at} * * ? *)", "ENABLED")
    [target] = events.list_targets_by_rule(Rule=name)["Targets"]
    assert target["Id"] == rule
    definition = aws("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"]
    [container] = definition["containerDefinitions"]
    assert container["command"] == command
    assert container["readonlyRootFilesystem"] is True
    assert [one["containerPath"] for one in container["mountPoints"]] == ["/var/tmp"]
    environment = {one["name"]: one["value"] for one in container["environment"]}
    assert environment["ONLOOKER_LAKE"] == f"s3://onlooker-test-{{zone}}-{ACCOUNT}"
    assert environment["ONLOOKER_SITES"] == f"s3://onlooker-test-config-{ACCOUNT}/sites.yaml"
    assert environment["ONLOOKER_CATALOGUE"] == f"s3://onlooker-test-catalogue-{ACCOUNT}"
    assert [secret["name"] for secret in container["secrets"]] == ["ONLOOKER_DATABASE_URL"]


def test_the_schedule_starts_tasks_with_their_roles_and_nothing_else(role_policies):
    _, policies = role_policies["ScheduleRole"]
    started = {"UpdateRole": True, "NightlyRole": True, "ExecutionRole": True}
    for role, may in (started | {"MartsRole": False}).items():
        passed = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
        attempt = Attempt("iam:PassRole", role_policies[role][0], passed)
        statements = [one for one in policies[0]["Statement"] if one["Action"] == "iam:PassRole"]
        assert is_allowed([{"Statement": statements}], attempt) is may, role


def test_a_task_has_its_own_role_and_every_log_is_encrypted(role_policies):
    """Moto leaves both properties out."""
    resources = TEMPLATES["lake-runs"]()["Resources"]
    for task in ("Update", "Nightly"):
        role = resolve(resources[f"{task}Task"]["Properties"]["TaskRoleArn"], REFERENCES)
        assert role == role_policies[f"{task}Role"][0]
    groups = [
        group
        for template in ("lake-runs", "lake-monitoring")
        for group in of_type(template, "AWS::Logs::LogGroup")
    ]
    assert [group["KmsKeyId"] for group in groups] == [REFERENCES["DataKeyArn"]] * 2


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
    for given in both("AWS::Logs::MetricFilter"):
        assert len(given["FilterPattern"]) <= 1_024  # the limit of CloudWatch
        [transformation] = given["MetricTransformations"]
        logs.put_metric_filter(
            logGroupName=given["LogGroupName"],
            filterName=transformation["MetricName"],
            filterPattern=given["FilterPattern"],
            metricTransformations=[
                {name[0].lower() + name[1:]: value for name, value in transformation.items()}
            ],
        )
    for number, given in enumerate(both("AWS::CloudWatch::Alarm")):
        cloudwatch.put_metric_alarm(AlarmName=f"alarm-{number}", **given)
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    assert len(alarms) == 6
    assert {alarm["AlarmActions"][0] for alarm in alarms} == {REFERENCES["AlarmTopic"]}
    cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"] for alarm in alarms])


def both(kind):
    return [*of_type("lake-runs", kind), *of_type("lake-monitoring", kind)]


def test_cloudtrail_takes_the_events_of_objects_in_the_zones(aws):
    [given] = of_type("lake-monitoring", "AWS::CloudTrail::Trail")
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
    assert fields["resources.ARN"]["StartsWith"] == [
        arn_of(word, "/") for word in (*ZONES, "catalogue", "config")
    ]
    cloudtrail.delete_trail(Name=given["TrailName"])


def test_emr_serverless_takes_an_application_that_stops_when_it_is_idle(aws):
    [given] = of_type("lake-runs", "AWS::EMRServerless::Application")
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
    [given] = of_type("lake-monitoring", "AWS::Budgets::Budget")
    budget = given["Budget"]
    budget["BudgetLimit"]["Amount"] = str(budget["BudgetLimit"]["Amount"])
    aws("budgets").create_budget(AccountId=ACCOUNT, **given)
    found = aws("budgets").describe_budget(AccountId=ACCOUNT, BudgetName="onlooker-test-lake")
    counted = [f"user:onlooker-stack${name}" for name in ("onlooker-lake", "onlooker-lake-runs")]
    assert found["Budget"]["CostFilters"] == {"TagKeyValue": counted}
    kinds = [
        one["Notification"]["NotificationType"] for one in given["NotificationsWithSubscribers"]
    ]
    assert kinds == ["ACTUAL", "FORECASTED"]


def test_eventbridge_scheduler_takes_the_job_on_spark(aws):
    [given] = of_type("lake-runs", "AWS::Scheduler::Schedule")
    scheduler = aws("scheduler")
    scheduler.create_schedule(**given)
    found = scheduler.get_schedule(Name="onlooker-test-lake-marts")
    assert (found["ScheduleExpression"], found["State"]) == ("cron(0 1 * * ? *)", "ENABLED")
    assert found["Target"]["Arn"] == "arn:aws:scheduler:::aws-sdk:emrserverless:startJobRun"
    assert found["Target"]["RoleArn"] == REFERENCES["MartsScheduleRole.Arn"]


def test_the_schedule_of_the_job_starts_it_with_its_role_and_nothing_else(role_policies):
    _, [policy] = role_policies["MartsScheduleRole"]
    starts, passes = policy["Statement"]
    assert (starts["Action"], passes["Action"]) == ("emr-serverless:StartJobRun", "iam:PassRole")
    assert passes["Resource"] == role_policies["MartsRole"][0]
    service = {"iam:PassedToService": "emr-serverless.amazonaws.com"}
    assert passes["Condition"] == {"StringEquals": service}


def test_the_job_reads_the_address_of_the_database_and_writes_its_log(role_policies):
    policies = role_policies["MartsRole"][1]
    secret, other = REFERENCES["DatabaseSecret"], "arn:aws:secretsmanager:eu-west-2:1:secret:x"
    for wanted, may in ((secret, True), (other, False)):
        assert is_allowed(policies, Attempt("secretsmanager:GetSecretValue", wanted, {})) is may


@pytest.mark.parametrize("template", NOT_IN_MOTO)
def test_the_resources_that_moto_leaves_out_are_known(aws, template):
    kinds = {one.get("ResourceType") for one in read_resources(aws, template)}
    stated = {one["Type"] for one in TEMPLATES[template]()["Resources"].values()}
    assert stated - kinds == NOT_IN_MOTO[template]
    tables = {one["Type"] for one in TEMPLATES["lake-raw-tables"]()["Resources"].values()}
    assert tables == GLUE_NOT_IN_MOTO
