"""Sending one e-mail through an SMTP relay, with one deadline for all of it."""

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Final

from cloud.messaging.deadline import Deadline, connect
from cloud.messaging.failures import FailedCallError, FailureKind

SERVICE_READY: Final = 220
REFUSED: Final = 550


class SmtpReplyError(Exception):
    """The relay did not accept the mail; the code of its reply says why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the relay replied {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class MailRelay:
    """The SMTP relay and the sender's address."""

    host: str = "localhost"
    port: int = 25
    sender: str = "onlooker@localhost"

    @property
    def domain(self) -> str:
        """Of the message ids."""
        return self.sender.rpartition("@")[2] or "localhost"


def send_mail(relay: MailRelay, mail: EmailMessage, deadline: Deadline) -> None:
    """Hand a mail over to the relay.

    Raises:
        SmtpReplyError: the relay refused it, for now or for good.
        OSError, smtplib.SMTPException: there is no relay, or it ended the connection.
    """
    connection = _DeadlineSmtp(deadline)
    try:
        code, _ = connection.connect(relay.host, relay.port)
        if code != SERVICE_READY:
            raise SmtpReplyError(code)
        connection.send_message(mail)
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()  # the mail is accepted, whatever QUIT returns
    except smtplib.SMTPRecipientsRefused as error:
        codes = (code for code, _ in error.recipients.values())
        raise SmtpReplyError(max(codes, default=REFUSED)) from error
    except smtplib.SMTPResponseException as error:
        raise SmtpReplyError(error.smtp_code) from error
    except smtplib.SMTPServerDisconnected:
        deadline.left_s()  # smtplib reports a timeout as the end of the connection
        raise
    finally:
        connection.close()


def deliver_mail(relay: MailRelay, mail: EmailMessage, deadline: Deadline) -> None:
    """As `send_mail`; raises FailedCallError in place of SmtpReplyError."""
    try:
        send_mail(relay, mail, deadline)
    except SmtpReplyError as error:
        raise FailedCallError(*_describe(error.code)) from error


def _describe(code: int) -> tuple[str, FailureKind]:
    """A reply code as a sentence, with the kind of its failure."""
    if code // 100 == 4:
        return f"the relay cannot take the mail now ({code})", FailureKind.LATER
    if code // 100 == 5:
        return f"the relay refused the mail ({code})", FailureKind.REFUSED
    return "the relay does not speak SMTP", FailureKind.AWAY


class _DeadlineSmtp(smtplib.SMTP):
    """SMTP over a connection with a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(local_hostname="onlooker.invalid")

    def _get_socket(self, host: str, port: int, _timeout: Any) -> Any:
        return connect(host, port, self._deadline)
