"""Files that arrive in the bucket `uploads`, announced by S3 to a queue.

`python -m cloud products watch --queue` reads the queue. A message that it cannot handle goes to
the dead-letter queue after five receives and stays there for two weeks.
"""

from typing import Any, Final

from provisioning.aws import buckets
from provisioning.aws.buckets import Age, Resource
from provisioning.aws.lake.zones import LOGS, UPLOADS

KEPT_DAYS: Final = 7
QUEUE: Final = "onlooker-${Stage}-uploads"
DEAD_LETTERS: Final = f"{QUEUE}-dead-letters"
QUEUE_POLICY: Final = "UploadsQueuePolicy"
HIDDEN_S: Final = 120
MOST_RECEIVES: Final = 5
TWO_WEEKS_S: Final = 14 * 86_400
"""The longest that SQS keeps a message."""


def queue_arn(name: str = QUEUE) -> Resource:
    """The ARN of a queue by its name: roles and policies refer to it."""
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}"}


def arrivals_bucket() -> dict[str, Resource]:
    """The bucket with its policy; it announces each new object to the queue."""
    key: Resource = {"Ref": "DataKeyArn"}
    bucket = buckets.bucket(UPLOADS, (Age(expires_after_days=KEPT_DAYS),), key=key)
    announced = {"Event": "s3:ObjectCreated:*", "Queue": queue_arn()}
    bucket["DependsOn"] = QUEUE_POLICY
    bucket["Properties"] |= {
        "LoggingConfiguration": {
            "DestinationBucketName": buckets.name(LOGS),
            "LogFilePrefix": f"{UPLOADS}/",
        },
        "NotificationConfiguration": {"QueueConfigurations": [announced]},
    }
    policy = buckets.policy(UPLOADS, "UploadsBucket", buckets.only_key(UPLOADS, key))
    return {"UploadsBucket": bucket, "UploadsBucketPolicy": policy}


def queues() -> dict[str, Resource]:
    """The queue, its dead-letter queue, and who may send to the first."""
    redrive = {"deadLetterTargetArn": queue_arn(DEAD_LETTERS), "maxReceiveCount": MOST_RECEIVES}
    allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [queue_arn()]}
    return {
        "UploadsDeadLetters": _queue(DEAD_LETTERS, {"RedriveAllowPolicy": allowed}),
        "UploadsQueue": {
            **_queue(QUEUE, {"RedrivePolicy": redrive, "VisibilityTimeout": HIDDEN_S}),
            "DependsOn": "UploadsDeadLetters",
        },
        QUEUE_POLICY: {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "UploadsQueue"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [_send(), _only_tls()]},
            },
        },
    }


def receive_statements() -> list[Resource]:
    """Statements for the role that handles the messages."""
    actions = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"]
    return [{"Effect": "Allow", "Action": actions, "Resource": queue_arn()}]


def _queue(name: str, further: dict[str, Any]) -> Resource:
    return {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "QueueName": {"Fn::Sub": name},
            "SqsManagedSseEnabled": True,
            "MessageRetentionPeriod": TWO_WEEKS_S,
            **further,
        },
    }


def _send() -> Resource:
    return {
        "Sid": "TheBucketSends",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn(),
        "Condition": {
            "ArnEquals": {"aws:SourceArn": buckets.arn(UPLOADS)},
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        },
    }


def _only_tls() -> Resource:
    return {
        "Sid": "OnlyEncryptedConnections",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn(),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
