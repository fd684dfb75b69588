"""A message stays hidden while it is handled, and is deleted afterwards."""

import threading
from typing import Any

from cloud.products.events.load_objects import load_next
from cloud.products.events.message_queue import MessageQueue
from tests.cloud.products.events.test_s3_events import body


def test_a_message_stays_hidden_while_its_file_is_loaded():
    class Client:
        def __init__(self) -> None:
            self.extended = threading.Event()
            self.deleted: list[str] = []

        def receive_message(self, **_) -> dict[str, Any]:
            one = {
                "MessageId": "1", "Body": body("orders/orders.csv"), "ReceiptHandle": "h",
                "Attributes": {"ApproximateReceiveCount": "1"},
            }  # fmt: skip
            return {"Messages": [one]}

        def change_message_visibility(self, **given: Any) -> None:
            assert (given["ReceiptHandle"], given["VisibilityTimeout"]) == ("h", 120)
            self.extended.set()

        def delete_message(self, **given: Any) -> None:
            self.deleted.append(given["ReceiptHandle"])

    client = Client()

    def load(_) -> None:
        assert client.extended.wait(30)
        assert client.deleted == []

    assert load_next(MessageQueue(client, "q", extend_every_s=0.001), load, wait_s=0)
    assert client.deleted == ["h"]
