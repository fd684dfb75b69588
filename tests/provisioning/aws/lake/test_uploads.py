"""The queue of arriving files: who sends, who receives, and where messages go that stay."""

import json

import pytest

from provisioning.aws.evaluator import Attempt, is_allowed
from provisioning.aws.lake import uploads
from provisioning.aws.templates import TEMPLATES
from tests.provisioning.aws.lake.references import (
    ACCOUNT,
    REFERENCES,
    REGION,
    arn_of,
    of_type,
    resolve,
)

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:onlooker-test-uploads"


def read_attributes(aws, name):
    url = aws("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    found = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return found["Attributes"]


def test_messages_go_to_the_dead_letter_queue_after_five_receives(aws):
    queue = read_attributes(aws, "onlooker-test-uploads")
    assert queue["QueueArn"] == QUEUE
    assert json.loads(queue["RedrivePolicy"]) == {
        "deadLetterTargetArn": f"{QUEUE}-dead-letters", "maxReceiveCount": 5,
    }  # fmt: skip
    dead = read_attributes(aws, "onlooker-test-uploads-dead-letters")
    assert queue["MessageRetentionPeriod"] == dead["MessageRetentionPeriod"] == "1209600"
    assert [one["SqsManagedSseEnabled"] for one in of_type("lake-uploads", "AWS::SQS::Queue")] == [
        True
    ] * 2


def test_only_the_bucket_of_this_account_sends():
    [given] = of_type_with_queue("AWS::SQS::QueuePolicy")
    sends, denied = given["PolicyDocument"]["Statement"]
    assert (sends["Principal"], sends["Action"]) == (
        {"Service": "s3.amazonaws.com"}, "sqs:SendMessage",
    )  # fmt: skip
    assert sends["Condition"] == {
        "ArnEquals": {"aws:SourceArn": arn_of("uploads")},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }
    assert (denied["Effect"], denied["Condition"]) == (
        "Deny", {"Bool": {"aws:SecureTransport": "false"}},
    )  # fmt: skip


def of_type_with_queue(kind):
    known = REFERENCES | {"UploadsQueue": "queue"}
    found = TEMPLATES["lake-uploads"]()["Resources"].values()
    return [resolve(one["Properties"], known) for one in found if one["Type"] == kind]


def test_s3_takes_the_notification_after_the_policy_of_the_queue(aws):
    bucket = TEMPLATES["lake-uploads"]()["Resources"]["UploadsBucket"]
    assert bucket["DependsOn"] == uploads.QUEUE_POLICY
    given = resolve(bucket["Properties"]["NotificationConfiguration"], REFERENCES)
    [one] = given["QueueConfigurations"]
    wanted = {"QueueArn": one["Queue"], "Events": [one["Event"]]}
    name = f"onlooker-test-uploads-{ACCOUNT}"
    s3 = aws("s3")
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"QueueConfigurations": [wanted]}
    )
    logging = resolve(bucket["Properties"]["LoggingConfiguration"], REFERENCES)
    assert logging["DestinationBucketName"] == f"onlooker-test-access-logs-{ACCOUNT}"
    [found] = s3.get_bucket_notification_configuration(Bucket=name)["QueueConfigurations"]
    assert found["QueueArn"] == QUEUE
    assert found["Events"] == ["s3:ObjectCreated:*"]


@pytest.mark.parametrize("role", ["UploadsRole", "NightlyRole", "OperatorRole"])
def test_one_role_receives_and_deletes_messages_and_no_role_sends(role_policies, role):
    _, policies = role_policies[role]
    for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"):
        may = is_allowed(policies, Attempt(f"sqs:{action}", QUEUE, {}))
        assert may is (role == "UploadsRole"), action
        assert not is_allowed(policies, Attempt(f"sqs:{action}", f"{QUEUE}-dead-letters", {}))
    for action in ("SendMessage", "PurgeQueue", "SetQueueAttributes"):
        assert not is_allowed(policies, Attempt(f"sqs:{action}", QUEUE, {}))
