"""Settings that are stored in AWS: a file in S3, and a secret of Secrets Manager."""

import atexit
import functools
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Final
from urllib.parse import urlsplit

from wire.aws import AwsError, create_client, explain_aws_errors

SCHEME: Final = "s3://"
MOST_BYTES: Final = 64 << 20
"""Of a file; a sites file of 10,000 locations is smaller."""


@functools.cache
def fetch_file(address: str) -> Path:
    """Copy a file of `s3://bucket/key` to a private folder, until the program ends.

    Raises:
        AwsError: the address is not complete, AWS refuses the request, or the file is too large.
    """
    place = urlsplit(address)
    bucket, key = place.netloc, place.path.lstrip("/")
    if not bucket or not key:
        raise AwsError("a file in S3 has an address like s3://bucket/sites.yaml")
    with explain_aws_errors():
        answer = create_client("s3").get_object(Bucket=bucket, Key=key)
        content: bytes = answer["Body"].read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise AwsError(f"{key} of {bucket} is larger than {MOST_BYTES >> 20} MiB: give another")
    folder = Path(mkdtemp(prefix="onlooker-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copied = folder / Path(key).name
    copied.write_bytes(content)
    return copied


@functools.cache
def read_secret(name: str) -> str:
    """The text of a secret, by its ARN or name.

    Raises:
        AwsError: AWS refuses the request, or the secret has no text.
    """
    with explain_aws_errors():
        answer = create_client("secretsmanager").get_secret_value(SecretId=name)
    text: str | None = answer.get("SecretString")
    if not text:
        raise AwsError(f"the secret {name} has no text: store the address of the database in it")
    return text
