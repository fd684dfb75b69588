"""What each role of the lake may do, by its deployed policies and the policy of the data key."""

import json

import pytest

from provisioning.aws.evaluator import Attempt, is_allowed
from provisioning.aws.lake.access import GRANTS
from provisioning.aws.lake.zones import CATALOGUE, CONFIG, UPLOADS, ZONES
from provisioning.aws.templates import TEMPLATES
from tests.provisioning.aws.lake.conftest import created
from tests.provisioning.aws.lake.references import ACCOUNT, REFERENCES, REGION, arn_of, resolve

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")


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


def test_the_data_key_encrypts_and_the_receipt_key_signs(aws, keys, role_policies):
    kms = aws("kms")
    assert keys["DataKey"]["KeyUsage"] == "ENCRYPT_DECRYPT"
    receipt = keys["ReceiptKey"]
    assert (receipt["KeyUsage"], receipt["KeySpec"]) == ("SIGN_VERIFY", "ECC_NIST_P256")
    policy = json.loads(kms.get_key_policy(KeyId=receipt["KeyId"], PolicyName="default")["Policy"])
    [signs] = [one for one in policy["Statement"] if one["Action"] == "kms:Sign"]
    assert signs["Principal"] == {"AWS": role_policies["ReceiptRole"][0]}
    assert signs["Condition"] == {"StringEquals": {"kms:SigningAlgorithm": "ECDSA_SHA_256"}}


ALLOWED = {  # what each role does with the objects of each zone, and with its key
    "UpdateRole": {"landing": "rw", "raw": "rw", "trusted": "rw", "curated": "r"},
    "MartsRole": {"trusted": "r", "curated": "rw", "config": "r"},
    "NightlyRole": dict.fromkeys(ZONES, "rw") | {"catalogue": "rw", "config": "r"},
    "UploadsRole": dict.fromkeys(ZONES, "rw") | {"uploads": "r"},
    "AnalystRole": {"curated": "r", "catalogue": "r"},
    "OperatorRole": {"config": "rw", "uploads": "rw"},
    "AuditorRole": {},
    "ReceiptRole": {},
}
ACTIONS = {"s3:GetObject": "r", "s3:PutObject": "w", "s3:DeleteObject": "w"}


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_reads_and_writes_its_zones_only(role, role_policies):
    _, policies = role_policies[role]
    for zone in (*ZONES, CATALOGUE, CONFIG, UPLOADS):
        objects = arn_of(zone, "/sites.yaml" if zone == CONFIG else f"/{zone}/reports/a.parquet")
        for action, letter in ACTIONS.items():
            may = letter in ALLOWED[role].get(zone, "")
            assert is_allowed(policies, Attempt(action, objects, {})) is may, (zone, action)
        assert not is_allowed(policies, Attempt("s3:DeleteObjectVersion", objects, {}))
        assert not is_allowed(policies, Attempt("s3:PutBucketPolicy", arn_of(zone), {}))


@pytest.mark.parametrize("role", ALLOWED)
def test_the_key_decrypts_for_a_role_the_zones_that_it_reads_only(role, role_policies, key_policy):
    arn, policies = role_policies[role]
    statements = {"Statement": key_policy.get(arn, [])}
    for zone in (*ZONES, CATALOGUE, CONFIG, UPLOADS):
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
        if logical not in {"AnalystRole", "AuditorRole", "OperatorRole"}:
            continue
        trust = aws("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        duty = logical.removesuffix("Role").lower()
        [statement] = trust["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalTag/onlooker-lake": duty}}
