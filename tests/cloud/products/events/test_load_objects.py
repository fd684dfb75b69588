"""Objects that a queue of SQS announces are loaded once, against moto's S3 and SQS."""

import json
import logging
from typing import Any

import pytest

from cloud.__main__ import main
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError
from cloud.products.events import load_objects
from cloud.products.events.load_objects import ObjectLoader, load_next
from cloud.products.events.message_queue import MessageQueue
from cloud.products.uploads.load import LoadedFile, Loader
from cloud.products.uploads.pseudonyms import Pseudonyms
from tests.cloud.databases import new_database
from tests.cloud.products.conftest import HEADING, NOW
from tests.cloud.products.events.test_s3_events import body
from tests.cloud.products.loading import read_rows

GOOD = HEADING + "A1,c1,2026-11-01,paid,12.50,GBP\n"
BUCKET = "uploads"


@pytest.fixture(scope="module")
def aws():
    """Clients of moto's S3 and SQS, with a bucket."""
    moto = pytest.importorskip("moto")
    boto3 = pytest.importorskip("boto3")
    with pytest.MonkeyPatch.context() as patch, moto.mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        yield s3, boto3.client("sqs")


@pytest.fixture
def queue(aws, request: pytest.FixtureRequest) -> MessageQueue:
    """A queue that gives a message to the dead-letter queue after its second receive."""
    sqs = aws[1]
    name = f"queue-{abs(hash(request.node.name))}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    redrive = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": "2"}
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(redrive)})
    return MessageQueue(sqs, url["QueueUrl"])


class Work:
    """What was loaded and run, in its order."""

    def __init__(self, lake: Lake, client: Any) -> None:
        self.done: list[str] = []
        self.loader = ObjectLoader(
            Loader(lake, Pseudonyms()),
            client,
            lambda product: self.done.append(f"run {product.name}"),
            lambda created, result: self.done.append(f"{created.file_name} {outcome(result)}"),
            lambda: NOW,
        )


def outcome(result: object) -> str:
    if not isinstance(result, LoadedFile):
        return "refused"
    return "loaded" if result.duplicate_of is None else "known"


def put(aws, queue: MessageQueue, key: str, content: str = GOOD) -> None:
    aws[0].put_object(Bucket=BUCKET, Key=key, Body=content.encode())
    aws[1].send_message(QueueUrl=queue.url, MessageBody=body(key))


def count(queue: MessageQueue) -> int:
    """Messages of the queue, the hidden ones too."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = queue.client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)
    return sum(int(found["Attributes"][name]) for name in names)


def test_an_object_announced_twice_is_loaded_once(aws, queue: MessageQueue, lake: Lake):
    work = Work(lake, aws[0])
    put(aws, queue, "orders/orders.csv")
    aws[1].send_message(QueueUrl=queue.url, MessageBody=body("orders/orders.csv"))
    assert [load_next(queue, work.loader.load, wait_s=0) for _ in range(3)] == [True, True, False]
    assert work.done == ["orders.csv loaded", "run orders", "orders.csv known", "run orders"]
    assert len(read_rows(lake, "raw.orders_placed")) == 1
    assert count(queue) == 0


def test_a_refused_file_and_a_test_event_are_handled(aws, queue: MessageQueue, lake: Lake):
    work = Work(lake, aws[0])
    put(aws, queue, "orders/orders-empty.csv", "")
    aws[1].send_message(QueueUrl=queue.url, MessageBody='{"Event": "s3:TestEvent"}')
    while load_next(queue, work.loader.load, wait_s=0):
        pass
    assert work.done == ["orders-empty.csv refused"]
    assert count(queue) == 0


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("ordres/orders.csv", "did you mean 'orders'"),
        ("orders/notes.txt", "found no upload of orders"),
        ("orders/orders-large.csv", "expected at most 10: divide"),
    ],
)
def test_a_message_that_cannot_be_handled_stays_with_its_reason(
    aws, queue: MessageQueue, lake: Lake, caplog, monkeypatch, key: str, reason: str
):
    monkeypatch.setattr(load_objects, "LARGEST_BYTES", 10)
    work = Work(lake, aws[0])
    put(aws, queue, key)
    with caplog.at_level(logging.WARNING):
        assert load_next(queue, work.loader.load, wait_s=0)
    [record] = [one for one in caplog.records if one.message == "products.event_left"]
    assert reason in vars(record)["reason"]
    assert (work.done, count(queue)) == ([], 1)


def test_the_queue_moves_what_stays_to_the_dead_letter_queue(aws, queue: MessageQueue, lake: Lake):
    put(aws, queue, "nothing/orders.csv")
    for _ in range(2):
        assert load_next(queue, Work(lake, aws[0]).loader.load, wait_s=0)
        show_again(queue)
    assert not load_next(queue, Work(lake, aws[0]).loader.load, wait_s=0)
    assert count(MessageQueue(queue.client, f"{queue.url}-dead")) == 1


def show_again(queue: MessageQueue) -> None:
    """End the time for which the received message is hidden."""
    from moto.sqs import sqs_backends

    [message] = (
        sqs_backends["123456789012"]["us-east-1"].queues[queue.url.rpartition("/")[2]]._messages
    )
    queue.client.change_message_visibility(
        QueueUrl=queue.url, ReceiptHandle=message.receipt_handle, VisibilityTimeout=0
    )


def test_a_conflict_leaves_the_message(aws, queue: MessageQueue):
    def load(_):
        raise LakeConflictError("another program has loaded the content meanwhile")

    aws[1].send_message(QueueUrl=queue.url, MessageBody=body("orders/orders.csv"))
    assert load_next(queue, load, wait_s=0)
    assert count(queue) == 1


def test_the_command_loads_what_is_announced(
    aws, queue: MessageQueue, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", new_database(tmp_path))
    monkeypatch.setenv("ONLOOKER_LAKE", str(tmp_path / "lake"))
    put(aws, queue, "orders/orders.csv")
    assert main(["products", "watch", "--queue", queue.url, "--once"]) == 0
    out = capsys.readouterr().out
    assert "orders/orders.csv: 1 rows loaded, 0 refused" in out
    assert "orders: " in out
