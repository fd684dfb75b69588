"""Send a claimed message by e-mail, as a text message, or to a webhook, in a bounded time."""

import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud.messaging.deadline import AddressFilter, Deadline
from cloud.messaging.failures import DeliveryFailure, FailedCallError, FailureKind, run_call
from cloud.messaging.public_addresses import is_public
from cloud.messaging.smtp import MailRelay, deliver_mail
from cloud.messaging.sns import publish
from cloud.messaging.webhook import SignedPost, post_webhook
from cloud.notifications.claims import ClaimedNotice
from cloud.notifications.kinds import NoticeChannel
from cloud.notifications.mail import write_mail
from cloud.notifications.preferences import parse_webhook
from wire.clock import utc_now

CALL_S: Final = 10.0
NO_SMS: Final = "text messages are not configured: start `notifications run` with --sms-region"


@dataclass(frozen=True, slots=True)
class NoticeSender:
    """The ways to send; webhooks of users go to `is_allowed` addresses only."""

    relay: MailRelay
    sms_region: str | None = None
    call_s: float = CALL_S
    clock: Callable[[], datetime] = utc_now
    tls: ssl.SSLContext | None = None
    is_allowed: AddressFilter = is_public

    def send(self, claimed: ClaimedNotice) -> DeliveryFailure | None:
        """Send a message; the failure, when it was not delivered."""
        deadline = Deadline.after(self.call_s)
        ways = {
            NoticeChannel.EMAIL: self._mail,
            NoticeChannel.SMS: self._text,
            NoticeChannel.WEBHOOK: self._post,
        }
        return run_call(lambda: ways[claimed.channel](claimed, deadline))

    def _mail(self, claimed: ClaimedNotice, deadline: Deadline) -> None:
        mail = write_mail(claimed.to, claimed.message, self.relay, self.clock())
        deliver_mail(self.relay, mail, deadline)

    def _text(self, claimed: ClaimedNotice, deadline: Deadline) -> None:
        if self.sms_region is None:
            raise FailedCallError(NO_SMS, FailureKind.LATER)
        publish(self.sms_region, deadline, PhoneNumber=claimed.to, Message=claimed.message.sms())

    def _post(self, claimed: ClaimedNotice, deadline: Deadline) -> None:
        body = json.dumps(claimed.message.json(), ensure_ascii=False).encode()
        post = SignedPost(body, claimed.message.key, self.clock(), claimed.secret)
        address = parse_webhook(claimed.to)
        post_webhook(address, post, deadline, tls=self.tls, is_allowed=self.is_allowed)
