"""Every program that uses AWS says in one sentence that no region or no credentials are set."""

import numpy as np
import pytest

pytest.importorskip("boto3")

from cloud.__main__ import main as cloud
from cloud.fleet.__main__ import main as fleet
from models.detectors import open_detector
from provisioning.__main__ import main as provisioning
from wire.aws import NO_CREDENTIALS, AwsError, create_client, explain_aws_errors

VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
)
NO_REGION = "AWS cannot be used: no region is set; set AWS_DEFAULT_REGION"


@pytest.fixture(autouse=True)
def without_aws(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it remembers earlier credentials


def stream(tmp_path):
    return ["stream", "--kinesis", "s", "--database", f"sqlite:///{tmp_path / 'o.db'}"]


@pytest.mark.parametrize("region", [None, "eu-west-2"])
def test_ca_seal(region, tmp_path, monkeypatch, capsys):
    if region:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    out = tmp_path / "p.kms"
    words = ["ca", "seal", "--kms-key", "alias/onlooker", "--out", str(out)]
    assert provisioning(words) == 1
    error = capsys.readouterr().err
    assert (NO_CREDENTIALS if region else NO_REGION) in error
    assert not out.exists()


@pytest.mark.parametrize("region", [None, "eu-west-2"])
def test_stream_from_kinesis(region, tmp_path, monkeypatch, capsys):
    if region:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    assert cloud(stream(tmp_path)) == 2
    assert (NO_CREDENTIALS if region else NO_REGION) in capsys.readouterr().err


@pytest.mark.parametrize("words", [["list"], ["show", "a"], ["job", "list"]])
def test_fleet_on_aws(words, capsys):
    typed = [*words, "--on-aws", "eu-west-2"]
    assert fleet(typed) == cloud(["fleet", *typed]) == 2
    assert capsys.readouterr().err.count(NO_CREDENTIALS) == 2


def test_an_answer_that_refuses_is_explained():
    from botocore.exceptions import ClientError

    refusal = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Decrypt")
    with (
        pytest.raises(AwsError, match=r"refused the request: .*AccessDenied"),
        explain_aws_errors(),
    ):
        raise refusal


def test_without_boto3_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    with pytest.raises(AwsError, match=r"pip install 'onlooker\[aws\]'"):
        create_client("kms", region="eu-west-2")


def test_rekognition_without_credentials(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    detector, _ = open_detector("rekognition", [], 320)
    with pytest.raises(AwsError, match="no credentials are set"):
        detector.faces(np.zeros((64, 64, 3), np.uint8))
