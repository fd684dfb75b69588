"""The stack of the cloud, deployed in moto, and each resource checked.

Moto reports CREATE_COMPLETE even for resources that it skips, so the status is not relied on.
"""

import ast
import json
from functools import cache

import pytest

from cloud.cli.main import COMMANDS
from provisioning.aws import policy, template
from provisioning.aws.evaluator import Attempt, is_allowed
from provisioning.aws.stack import Stack
from wire.topics import Channel

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
REGION = "eu-west-2"
ACCOUNT = "123456789012"
NOT_IN_MOTO = {
    "AWS::Budgets::Budget",
    "AWS::CloudTrail::Trail",
    "AWS::CloudWatch::Alarm",
    "AWS::IoT::ProvisioningTemplate",
    "AWS::IoT::TopicRule",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
}


@pytest.fixture(scope="module")
def resources():
    return template.template()["Resources"]


def of_type(resources, kind):
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


def test_measurements_outlive_the_stack(resources):
    assert resources["Key"]["Properties"]["EnableKeyRotation"] is True
    for kind in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::DynamoDB::Table", "AWS::SQS::Queue"):
        for name, one in resources.items():
            if one["Type"] == kind:
                assert one["DeletionPolicy"] == one["UpdateReplacePolicy"] == "Retain", name


def test_each_channel_has_a_rule_that_loses_nothing(resources):
    rules = of_type(resources, "AWS::IoT::TopicRule")
    channels = {
        rule["TopicRulePayload"]["Sql"].rpartition("/")[2].rstrip("'") for rule in rules.values()
    }
    assert channels == set(Channel) - {Channel.ACK}
    for rule in rules.values():
        assert rule["TopicRulePayload"]["ErrorAction"]["Sqs"]


def test_a_camera_that_enrols_becomes_a_thing_with_all_three_policies(resources):
    [enrolment] = of_type(resources, "AWS::IoT::ProvisioningTemplate").values()
    body = json.loads(enrolment["TemplateBody"]["Fn::Sub"])
    things = [one for one in body["Resources"].values() if one["Type"] == "AWS::IoT::Thing"]
    assert things[0]["Properties"]["AttributePayload"]["location"] == {"Ref": "Location"}
    names = {
        one["Properties"]["PolicyName"]
        for one in body["Resources"].values()
        if one["Type"] == "AWS::IoT::Policy"
    }
    assert names == {"${TelemetryPolicy}", "${ManagementPolicy}", "${IngestPolicy}"}


@pytest.fixture(scope="module")
def aws():
    """Moto's AWS with the stack deployed by our own command's code."""
    moto = pytest.importorskip("moto")
    boto3 = pytest.importorskip("boto3")
    with pytest.MonkeyPatch.context() as patch, moto.mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)

        @cache  # a client reads the description of its whole service
        def client(service):
            return boto3.client(service, region_name=REGION)

        ec2 = client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = ",".join(
            ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.0.{place}.0/24", AvailabilityZone=f"{REGION}{letter}"
            )["Subnet"]["SubnetId"]
            for place, letter in enumerate("ab")
        )
        certificate = client("acm").request_certificate(DomainName="api.example.org")
        lines = list(
            Stack("onlooker", REGION, template.template()).deploy(
                {
                    "Stage": "test",
                    "Image": "onlooker:1",
                    "DatabaseSecret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-AbCdEf",
                    "Vpc": vpc,
                    "Subnets": subnets,
                    "PublicSubnets": subnets,
                    "HttpsCertificate": certificate["CertificateArn"],
                    "AlarmEmail": "ops@example.org",
                }
            )
        )
        assert lines[0] == "onlooker matches the template"
        yield client


def test_the_audit_bucket_is_encrypted(aws):
    bucket = f"onlooker-test-audit-{ACCOUNT}"
    found = aws("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    [rule] = found["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_the_stream_and_the_queues_are_encrypted(aws):
    kinesis = aws("kinesis").describe_stream_summary(StreamName="onlooker-test-reports")
    assert kinesis["StreamDescriptionSummary"]["RetentionPeriodHours"] == 168
    url = aws("sqs").get_queue_url(QueueName="onlooker-test-lost-messages")["QueueUrl"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["MessageRetentionPeriod"] == "1209600"
    assert attributes["KmsMasterKeyId"]
    topics = [one["TopicArn"] for one in aws("sns").list_topics()["Topics"]]
    assert [arn for arn in topics if arn.endswith(":onlooker-test-alarms")]


def test_the_deployed_policies_refuse_what_the_table_refuses(aws):
    iot = aws("iot")
    # moto keeps the document as Python writes it, not as JSON
    deployed = [
        ast.literal_eval(iot.get_policy(policyName=f"onlooker-test-{word}")["policyDocument"])
        for word in ("telemetry", "management", "ingest")
    ]
    arn = f"arn:aws:iot:{REGION}:{ACCOUNT}"
    assert deployed[:2] == [policy.telemetry(arn), policy.management(arn)]
    known = {
        "iot:Connection.Thing.ThingName": "cam-1",
        "iot:Connection.Thing.Attributes[location]": "KX-01",
        "iot:Connection.Thing.IsAttached": "true",
    }
    for topic, may in (
        ("onlooker/v1/KX-01/cam-1/audience", True),
        ("onlooker/v1/KX-01/cam-2/audience", False),
        ("$aws/things/cam-1/shadow/name/config/update", True),
        ("$aws/things/cam-2/shadow/name/config/update", False),
        ("$aws/rules/onlooker_test_audience/onlooker/v1/KX-01/cam-1/audience", True),
        ("$aws/rules/onlooker_test_audience/onlooker/v1/KX-01/cam-2/audience", False),
    ):
        attempt = Attempt("iot:Publish", f"{arn}:topic/{topic}", known)
        assert is_allowed(deployed, attempt) is may, topic


def test_the_allow_list_and_its_function_exist(aws):
    table = aws("dynamodb").describe_table(TableName="onlooker-test-allow-list")["Table"]
    assert table["KeySchema"] == [{"AttributeName": "serial", "KeyType": "HASH"}]
    function = aws("lambda").get_function_configuration(FunctionName="onlooker-test-enrolment-hook")
    assert function["Timeout"] < 5  # AWS IoT waits five seconds
    assert function["Environment"]["Variables"] == {"ALLOW_LIST": "onlooker-test-allow-list"}


@pytest.fixture
def decide(aws, resources, monkeypatch):
    """The pre-provisioning function of the template, on moto's table."""
    monkeypatch.setenv("ALLOW_LIST", "onlooker-test-allow-list")
    names = {}
    exec(resources["EnrolmentHook"]["Properties"]["Code"]["ZipFile"], names)
    return names["decide"]


def test_an_allowed_camera_enrols_once(aws, decide):
    entry = {"serial": {"S": "SN-1"}, "device": {"S": "cam-1"}, "location": {"S": "KX-01"}}
    aws("dynamodb").put_item(TableName="onlooker-test-allow-list", Item=entry)
    asked = {"certificateId": "c1", "parameters": {"SerialNumber": "SN-1"}}
    answer = {
        "allowProvisioning": True,
        "parameterOverrides": {"Device": "cam-1", "Location": "KX-01"},
    }
    assert decide(asked, None) == answer
    assert decide(asked, None) == answer  # AWS may ask twice about the same certificate
    assert decide({**asked, "certificateId": "c2"}, None) == {"allowProvisioning": False}


@pytest.mark.parametrize("parameters", [{}, {"SerialNumber": ""}, {"SerialNumber": "SN-unknown"}])
def test_a_camera_that_is_not_allowed_is_refused(decide, parameters):
    asked = {"certificateId": "c", "parameters": parameters}
    assert decide(asked, None) == {"allowProvisioning": False}


def test_a_command_continues_the_entry_point_of_the_image(resources):
    definitions = of_type(resources, "AWS::ECS::TaskDefinition").values()
    commands = [one["ContainerDefinitions"][0]["Command"] for one in definitions]
    assert {command[0] for command in commands} <= set(COMMANDS)


def test_the_programs_are_described_and_behind_tls(aws):
    ecs = aws("ecs")
    services = ecs.list_services(cluster="onlooker-test")["serviceArns"]
    assert {arn.rpartition("/")[2] for arn in services} == {"api", "stream"}
    for name in ("api", "stream"):
        [container] = ecs.describe_task_definition(taskDefinition=f"onlooker-test-{name}")[
            "taskDefinition"
        ]["containerDefinitions"]
        assert container["readonlyRootFilesystem"] is True
        assert [secret["name"] for secret in container["secrets"]] == ["ONLOOKER_DATABASE_URL"]
    elb = aws("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")


def test_the_resources_that_moto_leaves_out_are_known(aws, resources):
    assert aws("iot").list_topic_rules()["rules"] == []
    assert aws("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert aws("cloudtrail").describe_trails()["trailList"] == []
    assert {one["Type"] for one in resources.values()} >= NOT_IN_MOTO
    kinesis = aws("kinesis").describe_stream_summary(StreamName="onlooker-test-reports")
    mode = kinesis["StreamDescriptionSummary"]["StreamModeDetails"]["StreamMode"]
    assert mode == "PROVISIONED"  # asked for: ON_DEMAND
