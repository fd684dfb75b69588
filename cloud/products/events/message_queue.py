"""Messages of an SQS queue: received by long polling, hidden from others while they are handled.

A message that is not deleted becomes visible again; the queue moves it to its dead-letter queue
after as many receives as its redrive policy allows.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from wire.aws import AwsError, explain_aws_errors

HIDDEN_S: Final = 120
WAIT_S: Final = 20
"""The longest that SQS waits for a message."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One receive of a message; `receives` counts them."""

    id: str
    body: str
    handle: str
    receives: int


@dataclass(frozen=True, slots=True)
class MessageQueue:
    """A queue, by its URL; `client` is boto3's for SQS."""

    client: Any
    url: str
    extend_every_s: float = HIDDEN_S / 3

    def receive(self, wait_s: int = WAIT_S) -> Message | None:
        """The next message; None: there is none within the time."""
        with explain_aws_errors():
            answer = self.client.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=1, WaitTimeSeconds=wait_s,
                VisibilityTimeout=HIDDEN_S, AttributeNames=["ApproximateReceiveCount"],
            )  # fmt: skip
        for one in answer.get("Messages", ()):
            receives = int(one["Attributes"]["ApproximateReceiveCount"])
            return Message(one["MessageId"], one["Body"], one["ReceiptHandle"], receives)
        return None

    def delete(self, message: Message) -> None:
        """Remove a message that is handled."""
        with explain_aws_errors():
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message.handle)

    @contextmanager
    def hide(self, message: Message) -> Iterator[None]:
        """Keep the message hidden from others for as long as it is handled."""
        is_handled = threading.Event()
        thread = threading.Thread(target=self._extend, args=(message, is_handled), daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_handled.set()
            thread.join()

    def _extend(self, message: Message, is_handled: threading.Event) -> None:
        while not is_handled.wait(self.extend_every_s):
            try:
                with explain_aws_errors():
                    self.client.change_message_visibility(
                        QueueUrl=self.url, ReceiptHandle=message.handle,
                        VisibilityTimeout=HIDDEN_S,
                    )  # fmt: skip
            except AwsError as error:  # the file is loaded once even if another receives it
                log.warning("products.event_not_hidden", extra={"reason": str(error)})
