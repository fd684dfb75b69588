"""Delivering one message to one target, in a bounded time.

Whatever happens becomes a DeliveryFailure with a sentence that names no secret; no exception leaves
`send`.
"""

import json
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Final

from cloud.alerting.message import DEVICES_SHOWN, AlertMessage
from cloud.alerting.recipients import Recipient
from cloud.alerting.targets import LogTarget, Mailbox, SnsTopic, Webhook
from cloud.messaging.deadline import Deadline
from cloud.messaging.failures import DeliveryFailure, run_call
from cloud.messaging.smtp import MailRelay, deliver_mail
from cloud.messaging.sns import publish
from cloud.messaging.webhook import SignedPost, post_webhook
from wire.addresses import NetworkAddress
from wire.clock import utc_now

log = logging.getLogger(__name__)

CALL_S: Final = 10.0
"""For a whole call. A receiver that needs longer should answer first and work after."""


@dataclass(frozen=True, slots=True)
class Senders:
    """The ways to every kind of target. `tls` None means the system's certificate authorities."""

    relay: MailRelay = field(default_factory=MailRelay)
    call_s: float = CALL_S
    clock: Callable[[], datetime] = utc_now
    tls: ssl.SSLContext | None = None

    def send(self, recipient: Recipient, message: AlertMessage) -> DeliveryFailure | None:
        """Deliver a message; the failure, when it was not."""
        return run_call(lambda: self._send(recipient, message, Deadline.after(self.call_s)))

    def _send(self, recipient: Recipient, message: AlertMessage, deadline: Deadline) -> None:
        target = recipient.target
        if isinstance(target, Webhook):
            self._post(target.address, message, recipient.secret(), deadline)
        elif isinstance(target, Mailbox):
            self._mail(target, message, deadline)
        elif isinstance(target, SnsTopic):
            _publish(target, message, deadline)
        else:
            assert isinstance(target, LogTarget)
            log_message(message)

    def _post(
        self,
        address: NetworkAddress,
        message: AlertMessage,
        secret: bytes | None,
        deadline: Deadline,
    ) -> None:
        body = json.dumps(message.json(), ensure_ascii=False).encode()
        post = SignedPost(body, message.key, self.clock(), secret)
        post_webhook(address, post, deadline, tls=self.tls)

    def _mail(self, mailbox: Mailbox, message: AlertMessage, deadline: Deadline) -> None:
        mail = make_mail(mailbox, message, self.relay, self.clock())
        deliver_mail(self.relay, mail, deadline)


def make_mail(
    mailbox: Mailbox, message: AlertMessage, relay: MailRelay, now: datetime
) -> EmailMessage:
    """The mail; a repeated attempt has the same Message-ID."""
    mail = EmailMessage()
    mail["From"], mail["To"] = relay.sender, mailbox.address
    mail["Subject"] = f"[Onlooker] {message.subject}"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message.key}@{relay.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text())
    return mail


def log_message(message: AlertMessage) -> None:
    """One line in the program's own log."""
    first = message.items[0]
    fields: dict[str, Any] = {
        "kind": message.kind,
        "severity": str(message.severity),
        "count": len(message.items),
        "alerts": [item.alert for item in message.items[:DEVICES_SHOWN]],
        "subject": message.subject,
    }
    if len(message.items) == 1:
        fields |= {"location": first.location, "device": first.device, "reason": first.message}
    log.warning("alert.%s", message.change, extra=fields)


def _publish(topic: SnsTopic, message: AlertMessage, deadline: Deadline) -> None:
    """Publish on a topic of Amazon SNS."""
    publish(
        topic.region,
        deadline,
        TopicArn=topic.arn,
        Subject=message.subject[:100].encode("ascii", "replace").decode(),
        Message=json.dumps(message.json()),
    )
