"""Publishing through Amazon SNS, to a topic or as a text message to a telephone."""

from typing import Final

from cloud.messaging.deadline import Deadline
from cloud.messaging.failures import FailedCallError, FailureKind
from wire.aws import NO_CREDENTIALS, create_client

LONGEST_CODE: Final = 60
NO_ANSWER: Final = "SNS did not answer: it may have taken the message"


def publish(region: str | None, deadline: Deadline, **message: object) -> None:
    """Publish once, with the parameters of SNS; credentials as boto3 finds them.

    Raises:
        FailedCallError: SNS refused the message, did not answer, or cannot be used.
        botocore.exceptions.BotoCoreError: SNS cannot be reached.
    """
    try:
        from botocore.config import Config
        from botocore.exceptions import (
            ClientError,
            ConnectionClosedError,
            NoCredentialsError,
            ReadTimeoutError,
        )
    except ImportError:
        missing = "boto3 is missing: install onlooker[aws]"
        raise FailedCallError(missing, FailureKind.AWAY) from None
    seconds = deadline.left_s() / 2
    config = Config(connect_timeout=seconds, read_timeout=seconds, retries={"max_attempts": 0})
    client = create_client("sns", region=region, config=config)
    try:
        client.publish(**message)
    except NoCredentialsError as error:
        raise FailedCallError(NO_CREDENTIALS, FailureKind.LATER) from error
    except (ReadTimeoutError, ConnectionClosedError) as error:
        raise FailedCallError(NO_ANSWER, FailureKind.LATER, is_outcome_known=False) from error
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))[:LONGEST_CODE]
        reason = f"SNS refused the message: {code}"
        raise FailedCallError(reason, FailureKind.LATER) from error
