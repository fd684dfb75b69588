"""Uploads what the programs of the lake read: the sites file, and the environment on Spark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from provisioning.aws.lake.access import SITES
from provisioning.aws.lake.spark_job import ENTRY_POINT, ENVIRONMENT, SCRIPT
from provisioning.aws.lake.zones import CONFIG
from wire.aws import create_client, explain_aws_errors

GZIP: Final = b"\x1f\x8b"


class UploadError(ValueError):
    """A file that cannot be uploaded."""


def upload(stage: str, region: str, sites: Path | None, environment: Path | None) -> Iterator[str]:
    """Upload the given files, and yield a line for each; the environment with its entry point.

    Raises:
        UploadError: a file is missing or of another kind. Nothing was uploaded then.
        AwsError: AWS refuses the request.
    """
    files = {SITES: _read_file(sites)} if sites else {}
    if environment is not None:
        _check_archive(environment)
    with explain_aws_errors():
        account = create_client("sts", region=region).get_caller_identity()["Account"]
        bucket = f"onlooker-{stage}-{CONFIG}-{account}"
        client = create_client("s3", region=region)
        for key, content in files.items():
            answer = client.put_object(Bucket=bucket, Key=key, Body=content)
            yield f"s3://{bucket}/{key}, version {answer.get('VersionId', 'none')}"
        if environment is not None:
            yield from _upload_environment(client, bucket, environment)


def _upload_environment(client: Any, bucket: str, environment: Path) -> Iterator[str]:
    client.upload_file(str(environment), bucket, ENVIRONMENT)
    yield f"s3://{bucket}/{ENVIRONMENT}"
    client.put_object(Bucket=bucket, Key=ENTRY_POINT, Body=SCRIPT.encode())
    yield f"s3://{bucket}/{ENTRY_POINT}"


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UploadError(f"{path} cannot be read: {error.strerror}") from error


def _check_archive(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(GZIP))
    except OSError as error:
        raise UploadError(f"{path} cannot be read: {error.strerror}") from error
    if start != GZIP:
        raise UploadError(
            f"{path} is no .tar.gz: build it with provisioning/container/spark.Dockerfile"
        )
