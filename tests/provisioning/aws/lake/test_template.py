"""The stacks of the lake, deployed in moto by our own command's code; each resource is checked.

Moto reports CREATE_COMPLETE even for resources and properties that it skips, and shows no outputs.
What it skips is passed to its API of the service as the template states it, which checks the form.
"""

import ast
import json

import pytest

from provisioning.aws.evaluator import Attempt, is_allowed
from provisioning.aws.lake.access import GRANTS
from provisioning.aws.lake.zones import ZONES
from provisioning.aws.stack import Stack
from provisioning.aws.templates import TEMPLATES
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


@pytest.fixture(scope="module")
def aws():
    """Clients of moto's AWS, with the stacks of the lake deployed in the documented order."""
    moto = pytest.importorskip("moto")
    boto3 = pytest.importorskip("boto3")
    with pytest.MonkeyPatch.context() as patch, moto.mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        stage = {"Stage": "test"}
        deploy("lake-copy", SECOND_REGION, stage)
        [key] = boto3.client("kms", region_name=SECOND_REGION).list_keys()["Keys"]
        ec2 = boto3.client("ec2", region_name=REGION)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        given = {name: REFERENCES[name] for name in ("AlarmTopic", "Image", "DatabaseSecret")}
        network = {"Vpc": vpc, "Subnets": subnet, "CopyKeyArn": key["KeyArn"]}
        deploy("lake", REGION, stage | given | network)

        def client(service, region=REGION):
            return boto3.client(service, region_name=region)

        yield client


def deploy(template, region, parameters):
    stack = Stack(f"onlooker-{template}", region, TEMPLATES[template]())
    assert next(stack.deploy(parameters)) == f"onlooker-{template} matches the template"


def created(aws, kind):
    """Physical names of the lake's resources of one kind, by logical names."""
    found = aws("cloudformation").describe_stack_resources(StackName="onlooker-lake")
    return {
        one["LogicalResourceId"]: one["PhysicalResourceId"]
        for one in found["StackResources"]
        if one.get("ResourceType") == kind
    }


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


@pytest.fixture(scope="module")
def keys(aws, role_policies):
    """The keys of the template, created by moto's API; its CloudFormation damages key policies."""
    kms = aws("kms")
    known = REFERENCES | {f"{role}.Arn": arn for role, (arn, _) in role_policies.items()}
    created = {}
    for name in ("DataKey", "ReceiptKey"):
        given = resolve(TEMPLATES["lake"]()["Resources"][name]["Properties"], known)
        form = {name: given[name] for name in ("KeySpec", "KeyUsage") if name in given}
        key = kms.create_key(
            Description=given["Description"], Policy=json.dumps(given["KeyPolicy"]), **form
        )
        created[name] = kms.describe_key(KeyId=key["KeyMetadata"]["KeyId"])["KeyMetadata"]
    return created


def test_the_data_key_encrypts_and_the_receipt_key_signs(aws, keys, role_policies):
    kms = aws("kms")
    assert keys["DataKey"]["KeyUsage"] == "ENCRYPT_DECRYPT"
    receipt = keys["ReceiptKey"]
    assert (receipt["KeyUsage"], receipt["KeySpec"]) == ("SIGN_VERIFY", "ECC_NIST_P256")
    policy = json.loads(kms.get_key_policy(KeyId=receipt["KeyId"], PolicyName="default")["Policy"])
    [signs] = [one for one in policy["Statement"] if one["Action"] == "kms:Sign"]
    assert signs["Principal"] == {"AWS": role_policies["ReceiptRole"][0]}
    assert signs["Condition"] == {"StringEquals": {"kms:SigningAlgorithm": "ECDSA_SHA_256"}}


@pytest.fixture(scope="module")
def key_policy(aws, keys):
    """The statements of the data key, by the ARN of the principal."""
    policy = aws("kms").get_key_policy(KeyId=keys["DataKey"]["KeyId"], PolicyName="default")[
        "Policy"
    ]
    found = {}
    for statement in json.loads(policy)["Statement"]:
        principal = statement.pop("Principal")
        found.setdefault(principal.get("AWS"), []).append(statement)
    return found


def as_document(policy):
    """Moto keeps an inline policy as Python writes it, not as JSON."""
    return ast.literal_eval(policy) if isinstance(policy, str) else policy


@pytest.fixture(scope="module")
def role_policies(aws):
    """(ARN, policies) of each role."""
    iam = aws("iam")
    found = {}
    for logical, name in created(aws, "AWS::IAM::Role").items():
        inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
        found[logical] = (
            iam.get_role(RoleName=name)["Role"]["Arn"],
            [
                as_document(iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"])
                for one in inline
            ],
        )
    return found


ALLOWED = {  # what each role does with the objects of each zone, and with its key
    "UpdateRole": {"landing": "rw", "raw": "rw", "trusted": "rw", "curated": "r"},
    "MartsRole": {"trusted": "r", "curated": "rw"},
    "MaintenanceRole": dict.fromkeys(ZONES, "rw"),
    "AnalystRole": {"curated": "r"},
    "AuditorRole": {},
    "ReceiptRole": {},
}
ACTIONS = {"s3:GetObject": "r", "s3:PutObject": "w", "s3:DeleteObject": "w"}


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_reads_and_writes_its_zones_only(role, role_policies):
    _, policies = role_policies[role]
    for zone in ZONES:
        objects = arn_of(zone, f"/{zone}/audience_reports/day=2026-11-01/a.parquet")
        for action, letter in ACTIONS.items():
            may = letter in ALLOWED[role].get(zone, "")
            assert is_allowed(policies, Attempt(action, objects, {})) is may, (zone, action)
        assert not is_allowed(policies, Attempt("s3:DeleteObjectVersion", objects, {}))
        assert not is_allowed(policies, Attempt("s3:PutBucketPolicy", arn_of(zone), {}))


@pytest.mark.parametrize("role", ALLOWED)
def test_the_key_decrypts_for_a_role_the_zones_that_it_reads_only(role, role_policies, key_policy):
    arn, policies = role_policies[role]
    statements = {"Statement": key_policy.get(arn, [])}
    for zone in ZONES:
        context = {
            "kms:ViaService": f"s3.{REGION}.amazonaws.com",
            "kms:EncryptionContext:aws:s3:arn": arn_of(zone),
        }
        reads = zone in {grant.bucket for grant in GRANTS.get(role, ())}
        assert is_allowed([statements], Attempt("kms:Decrypt", "*", context)) is reads, zone
        directly = context | {"kms:ViaService": "lambda.amazonaws.com"}
        assert not is_allowed([statements], Attempt("kms:Decrypt", "*", directly))
    assert not is_allowed(policies, Attempt("kms:Decrypt", "*", {}))


def test_the_account_administers_the_key_and_does_not_decrypt_with_it(key_policy):
    statements = {"Statement": key_policy[f"arn:aws:iam::{ACCOUNT}:root"]}
    assert is_allowed([statements], Attempt("kms:PutKeyPolicy", "*", {}))
    for action in ("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:Encrypt"):
        assert not is_allowed([statements], Attempt(action, "*", {})), action


def test_an_analyst_queries_the_curated_tables_in_the_workgroup_only(role_policies):
    _, policies = role_policies["AnalystRole"]
    glue = f"arn:aws:glue:{REGION}:{ACCOUNT}"
    for database, may in (("curated", True), ("raw", False), ("landing", False)):
        table = f"{glue}:table/onlooker_test_{database}/audience_reports"
        assert is_allowed(policies, Attempt("glue:GetTable", table, {})) is may, database
    for workgroup, may in (("onlooker-test-lake", True), ("primary", False)):
        arn = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{workgroup}"
        assert is_allowed(policies, Attempt("athena:StartQueryExecution", arn, {})) is may


def test_an_auditor_reads_access_logs_and_settings(role_policies):
    _, policies = role_policies["AuditorRole"]
    log = arn_of("access-logs", "/raw/2026-11-01-00-00-00-A")
    assert is_allowed(policies, Attempt("s3:GetObject", log, {}))
    assert not is_allowed(policies, Attempt("s3:DeleteObject", log, {}))
    assert is_allowed(policies, Attempt("s3:GetBucketPolicy", arn_of("raw"), {}))


def test_people_take_a_role_by_their_tag(aws):
    for logical, name in created(aws, "AWS::IAM::Role").items():
        if logical not in {"AnalystRole", "AuditorRole"}:
            continue
        trust = aws("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        duty = logical.removesuffix("Role").lower()
        [statement] = trust["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalTag/onlooker-lake": duty}}


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
        s3.put_bucket_versioning(**known, VersioningConfiguration=bucket["VersioningConfiguration"])
        rules = [to_api(rule) for rule in bucket["LifecycleConfiguration"]["Rules"]]
        s3.put_bucket_lifecycle_configuration(**known, LifecycleConfiguration={"Rules": rules})
        if replication := bucket.get("ReplicationConfiguration"):
            [rule] = replication["Rules"]
            rule["ID"] = rule.pop("Id")
            s3.put_bucket_replication(**known, ReplicationConfiguration=replication)


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
