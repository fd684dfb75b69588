"""Settings that are stored in AWS, against moto."""

import argparse
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from cloud import settings
from cloud.remote_settings import fetch_file, read_secret
from wire.aws import AwsError

URL = "postgresql://onlooker:secret@db.example.org/onlooker"


@pytest.fixture(scope="module", autouse=True)
def aws() -> Iterator[None]:
    """An account with a sites file and a secret."""
    for cached in (fetch_file, read_secret):
        cached.cache_clear()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="a-bucket")
        s3.put_object(Bucket="a-bucket", Key="sites.yaml", Body=b"version: 1")
        boto3.client("secretsmanager").create_secret(Name="database", SecretString=URL)
        yield


def read(**environment: str) -> settings.Settings:
    return settings.read(argparse.Namespace(), environment)


def test_a_sites_file_in_a_bucket_is_copied_once():
    chosen = read(ONLOOKER_SITES="s3://a-bucket/sites.yaml")
    assert chosen.sites is not None
    assert chosen.sites.read_text() == "version: 1"
    assert chosen.sites.parent.stat().st_mode & 0o077 == 0
    assert read(ONLOOKER_SITES="s3://a-bucket/sites.yaml").sites == chosen.sites


@pytest.mark.parametrize(
    ("address", "error"),
    [("s3://a-bucket/other.yaml", "does not exist"), ("s3://a-bucket", "an address like s3://")],
)
def test_a_sites_file_that_is_not_there_is_refused(address: str, error: str):
    with pytest.raises(AwsError, match=error):
        read(ONLOOKER_SITES=address)


def test_the_address_of_the_database_is_read_from_a_secret_unless_it_is_given():
    assert read(ONLOOKER_DATABASE_SECRET="database").database_url == URL
    given = "sqlite:///var/other.db"
    chosen = read(ONLOOKER_DATABASE_SECRET="other", ONLOOKER_DATABASE_URL=given)
    assert chosen.database_url == given
    with pytest.raises(AwsError, match="ResourceNotFound"):
        read(ONLOOKER_DATABASE_SECRET="other")
