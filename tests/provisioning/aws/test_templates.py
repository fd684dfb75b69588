"""All templates: linted, small enough, and nothing in them is open to everybody."""

import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.aws import templates

REGION = "eu-west-2"


@pytest.fixture(scope="module", params=templates.TEMPLATES)
def template(request):
    return templates.TEMPLATES[request.param]()


def of_type(template, kind):
    found = template["Resources"].items()
    return {name: one["Properties"] for name, one in found if one["Type"] == kind}


def test_each_template_has_a_stack():
    assert templates.STACKS.keys() == templates.TEMPLATES.keys()
    assert len(set(templates.STACKS.values())) == len(templates.STACKS)


def test_a_template_is_small_enough_to_be_passed_inline(template):
    assert len(templates.to_text(template).encode()) <= templates.LARGEST_BYTES


@pytest.mark.slow
def test_no_template_has_lint(tmp_path):
    paths = []
    for name, build in templates.TEMPLATES.items():
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(templates.to_text(build()))
    linter = Path(sys.executable).parent / "cfn-lint"
    outcome = subprocess.run([linter, *paths, "-r", REGION], capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout


def test_every_bucket_is_versioned_encrypted_closed_and_retained(template):
    for name, one in template["Resources"].items():
        if one["Type"] != "AWS::S3::Bucket":
            continue
        assert one["DeletionPolicy"] == one["UpdateReplacePolicy"] == "Retain", name
        bucket = one["Properties"]
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, name
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        closed = bucket["PublicAccessBlockConfiguration"]
        assert (len(closed), set(closed.values())) == (4, {True}), name
        [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithm = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        assert algorithm == ("AES256" if "AccessLogs" in name else "aws:kms"), name


def test_every_bucket_refuses_connections_without_tls(template):
    policies = of_type(template, "AWS::S3::BucketPolicy")
    names = {policy["Bucket"]["Ref"] for policy in policies.values()}
    assert names == of_type(template, "AWS::S3::Bucket").keys()
    for policy in policies.values():
        [denied] = [
            one
            for one in policy["PolicyDocument"]["Statement"]
            if one.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        ]
        assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:*")
        assert len(denied["Resource"]) == 2


def test_what_fails_to_be_written_is_removed_from_every_bucket(template):
    for name, bucket in of_type(template, "AWS::S3::Bucket").items():
        rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
        assert (rules["staging"]["Prefix"], rules["staging"]["ExpirationInDays"]) == (
            "_staging/",
            3,
        )
        remains = rules["remains"]
        assert remains["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 2}, name
        assert remains["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
        assert remains["ExpiredObjectDeleteMarker"] is True


def test_every_symmetric_key_rotates(template):
    for name, key in of_type(template, "AWS::KMS::Key").items():
        signs = key.get("KeyUsage") == "SIGN_VERIFY"  # KMS cannot rotate such a key
        assert key.get("EnableKeyRotation") is (None if signs else True), name


def test_no_policy_of_a_role_allows_everything(template):
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for inner in role.get("Policies", []):
            for statement in inner["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                assert "*" not in (actions if isinstance(actions, str) else "".join(actions)), name
                assert statement["Resource"] != "*", name
