"""The stacks of the lake, deployed in moto by our own command's code.

Moto reports CREATE_COMPLETE even for resources and properties that it skips, and shows no outputs.
What it skips is passed to its API of the service as the template states it, which checks the form.
"""

import ast
from functools import cache

import pytest

from provisioning.aws.stack import Stack
from provisioning.aws.templates import TEMPLATES
from tests.provisioning.aws.lake.references import REFERENCES, REGION, SECOND_REGION


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
        deploy("lake", REGION, stage | {"CopyKeyArn": key["KeyArn"]})
        watched = stage | {name: REFERENCES[name] for name in ("AlarmTopic", "DataKeyArn")}
        deploy("lake-uploads", REGION, stage | {"DataKeyArn": REFERENCES["DataKeyArn"]})
        programs = {name: REFERENCES[name] for name in ("Image", "DatabaseSecret")}
        network = {"Vpc": vpc, "Subnets": subnet, "MartsOnSpark": "yes"}
        deploy("lake-runs", REGION, watched | programs | network)
        deploy("lake-monitoring", REGION, watched)

        @cache  # a client reads the description of its whole service
        def client(service, region=REGION):
            return boto3.client(service, region_name=region)

        yield client


def deploy(template, region, parameters):
    stack = Stack(f"onlooker-{template}", region, TEMPLATES[template]())
    assert next(stack.deploy(parameters)) == f"onlooker-{template} matches the template"


def created(aws, kind):
    """Physical names of the lake's resources of one kind, by logical names."""
    return {
        one["LogicalResourceId"]: one["PhysicalResourceId"]
        for template in ("lake", "lake-runs", "lake-monitoring")
        for one in read_resources(aws, template)
        if one.get("ResourceType") == kind
    }


def read_resources(aws, template):
    stack = aws("cloudformation").describe_stack_resources(StackName=f"onlooker-{template}")
    return stack["StackResources"]


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
