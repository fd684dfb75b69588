"""Delivering one message to one target, in a bounded time.

This is a boundary: what is at the other end may do anything. Whatever happens becomes a Failure
with a sentence that names no secret; no exception leaves `send`.
"""

import hashlib
import hmac
import http.client
import json
import logging
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Final

from cloud.alerting.deadline import Deadline
from cloud.alerting.http_request import http_request
from cloud.alerting.message import DEVICES_SHOWN, AlertMessage
from cloud.alerting.notifications import DeliveryFailure, FailureKind
from cloud.alerting.recipients import Recipient
from cloud.alerting.smtp import MailRelay, SmtpReplyError, send_mail
from cloud.alerting.targets import LogTarget, Mailbox, SnsTopic, TargetError, Webhook
from wire.addresses import NetworkAddress
from wire.aws import NO_CREDENTIALS, create_client
from wire.clock import utc_now

log = logging.getLogger(__name__)

CALL_S: Final = 10.0
"""For a whole call. A receiver that needs longer should answer first and work after."""
TEMPORARY: Final = frozenset({408, 425, 500, 502, 504})
OVERLOADED: Final = frozenset({429, 503})
UNREACHABLE: Final = (OSError, http.client.HTTPException, smtplib.SMTPException, TargetError)
"""Errors that are the recipient's; any other may be this message's own, and stops no other."""


class _FailedError(Exception):
    """A delivery that ended with an answer."""

    def __init__(self, reason: str, fault: FailureKind) -> None:
        super().__init__(reason)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Senders:
    """The ways to every kind of target. `tls` None means the system's certificate authorities."""

    relay: MailRelay = field(default_factory=MailRelay)
    call_s: float = CALL_S
    clock: Callable[[], datetime] = utc_now
    tls: ssl.SSLContext | None = None

    def send(self, recipient: Recipient, message: AlertMessage) -> DeliveryFailure | None:
        """Deliver a message; the failure, when it was not."""
        try:
            self._send(recipient, message, Deadline.after(self.call_s))
        except _FailedError as error:
            return DeliveryFailure(str(error), error.fault)
        except Exception as error:  # noqa: BLE001 - the boundary: see above
            fault = FailureKind.AWAY if isinstance(error, UNREACHABLE) else FailureKind.LATER
            return DeliveryFailure(_sentence(error), fault)
        return None

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
        """POST as JSON; any 2xx means delivered. A redirect, which could go anywhere, is not."""
        body = json.dumps(message.json(), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.key}
        if secret is not None:
            headers["Onlooker-Signature"] = signature(secret, self.clock(), body)
        status = http_request(address, deadline, body=body, headers=headers, tls=self.tls).status
        if status // 100 != 2:
            raise _FailedError(*_meaning(status))

    def _mail(self, mailbox: Mailbox, message: AlertMessage, deadline: Deadline) -> None:
        mail = make_mail(mailbox, message, self.relay, self.clock())
        try:
            send_mail(self.relay, mail, deadline)
        except SmtpReplyError as error:
            raise _FailedError(*_reply(error.code)) from error


def signature(secret: bytes, at: datetime, body: bytes) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`. A receiver should refuse an old `t`."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


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
    """Publish on a topic of Amazon SNS; region and credentials as boto3 finds them."""
    try:
        from botocore.config import Config
        from botocore.exceptions import ClientError, NoCredentialsError
    except ImportError:
        raise _FailedError("boto3 is missing: install onlooker[aws]", FailureKind.AWAY) from None
    seconds = deadline.left_s() / 2
    config = Config(connect_timeout=seconds, read_timeout=seconds, retries={"max_attempts": 0})
    client = create_client("sns", region=topic.region, config=config)
    try:
        client.publish(
            TopicArn=topic.arn,
            Subject=message.subject[:100].encode("ascii", "replace").decode(),
            Message=json.dumps(message.json()),
        )
    except NoCredentialsError as error:
        raise _FailedError(NO_CREDENTIALS, FailureKind.LATER) from error
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))[:60]
        raise _FailedError(f"SNS refused the message: {code}", FailureKind.LATER) from error


def _meaning(status: int) -> tuple[str, FailureKind]:
    """An HTTP status as a sentence, with the kind of its failure."""
    if status // 100 == 3:
        return f"it redirects ({status}): give the final address in the file", FailureKind.REFUSED
    if status in OVERLOADED:
        return f"it is overloaded ({status})", FailureKind.AWAY
    if status in TEMPORARY or status // 100 == 5:
        return f"it answered {status}", FailureKind.LATER
    return f"it refused the message ({status})", FailureKind.REFUSED


def _reply(code: int) -> tuple[str, FailureKind]:
    """A reply code of SMTP likewise."""
    if code // 100 == 4:
        return f"the relay cannot take the mail now ({code})", FailureKind.LATER
    if code // 100 == 5:
        return f"the relay refused the mail ({code})", FailureKind.REFUSED
    return "the relay does not speak SMTP", FailureKind.AWAY


def _sentence(error: Exception) -> str:
    """A sentence for what went wrong. The error's own text may quote an address or an answer."""
    if isinstance(error, TargetError):
        return str(error)  # ours
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "TLS could not be agreed on: is it a TLS port?"
    if isinstance(error, TimeoutError):
        return "no complete answer in time"
    if isinstance(error, http.client.HTTPException):
        return "what it answered is not HTTP"
    if isinstance(error, smtplib.SMTPException):
        return "the relay ended the connection or does not speak SMTP"
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)[:200].lower()
    return f"the delivery failed: {type(error).__name__}"
