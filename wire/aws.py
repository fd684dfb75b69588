"""Clients of AWS services, and one sentence for whatever keeps a program from using AWS.

boto3 is an optional dependency and is imported when a client is created.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

NO_CREDENTIALS: Final = (
    "AWS cannot be used: no credentials are set; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY"
)


class AwsError(RuntimeError):
    """AWS cannot be used: no boto3, region, credentials, network or permission."""


def create_client(service: str, *, region: str | None = None, config: Any = None) -> Any:
    """A client of a service, in `region` or in the one that the environment sets."""
    try:
        import boto3
    except ImportError as error:
        raise AwsError("boto3 is missing: pip install 'onlooker[aws]'") from error
    with explain_aws_errors():
        return boto3.client(service, region_name=region, config=config)


@contextmanager
def explain_aws_errors() -> Iterator[None]:
    """Raise AwsError, with AWS's reason and what to do, for any error of AWS's library."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
    )

    try:
        yield
    except NoRegionError as error:
        raise AwsError("AWS cannot be used: no region is set; set AWS_DEFAULT_REGION") from error
    except NoCredentialsError as error:
        raise AwsError(NO_CREDENTIALS) from error
    except (BotoCoreError, ClientError) as error:
        raise AwsError(f"AWS cannot be used, or refused the request: {error}") from error
