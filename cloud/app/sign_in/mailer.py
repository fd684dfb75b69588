"""Mails with a single-use link: to reset a password, or to accept an invitation.

The address of the pages is configured: it is never taken from a request, whose `Host` an attacker
could choose. The token is behind `#` in the link, so that no server, proxy or log sees it.
"""

import logging
import secrets
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from sqlalchemy import Engine

from cloud import database
from cloud.auth.accounts.account import AccountError
from cloud.auth.users.tokens import VALID_FOR, TokenPurpose, issue_token
from cloud.auth.users.user import User, normalise_email
from cloud.auth.users.user_store import find_by_email
from cloud.messaging.deadline import Deadline
from cloud.messaging.smtp import MailRelay, SmtpReplyError, send_mail

log = logging.getLogger(__name__)
SEND_S: Final = 10.0
PAGE: Final = "/password"
SUBJECTS: Final = {
    TokenPurpose.RESET: "Set a new password",
    TokenPurpose.INVITATION: "Your access to Onlooker",
}
TEXTS: Final = {
    TokenPurpose.RESET: (
        "A new password was requested for this address, probably by you.\n"
        "If it was not you, ignore this mail: your password stays as it is."
    ),
    TokenPurpose.INVITATION: "An account was set up for you. Choose a password to use it.",
}
OTHER_ACCOUNT: Final = (
    "Another account has invited this address, which has access to Onlooker already.\n"
    "An address has access to one account: tell the person who has invited you another one."
)


class MailNotConfiguredError(RuntimeError):
    """There is no relay or no address of the pages, so no mail can be sent."""

    def __init__(self) -> None:
        super().__init__("mails are not configured: start `serve` with --smtp and --link")


@dataclass(frozen=True, slots=True)
class Mailer:
    """Sends links to users; `link` is the address of the pages, such as https://sales.example."""

    relay: MailRelay
    link: str
    send: Callable[[MailRelay, EmailMessage, Deadline], None] = field(default=send_mail)

    def send_link(self, engine: Engine, user: User, purpose: TokenPurpose, now: datetime) -> bool:
        """Issue a token and send it; whether the relay accepted the mail.

        An invitation to the address of a user of another account has no token.
        """
        if not user.can_sign_in:
            return self._send(self._write(user, purpose, OTHER_ACCOUNT, now), purpose)
        with database.writing(engine) as connection:
            token = issue_token(connection, user.id, purpose, now)
        return self._send(self.write_mail(user, purpose, token, now), purpose)

    def _send(self, mail: EmailMessage, purpose: TokenPurpose) -> bool:
        try:
            self.send(self.relay, mail, Deadline.after(SEND_S))
        except (SmtpReplyError, OSError, smtplib.SMTPException) as error:
            reason = str(error) if isinstance(error, SmtpReplyError) else type(error).__name__
            log.warning("mail.failed", extra={"purpose": purpose, "reason": reason})
            return False
        return True

    def send_reset(self, engine: Engine, email: str, now: datetime) -> None:
        """Send a reset to the user with this address; nothing where there is none."""
        try:
            address = normalise_email(email)
        except AccountError:
            return
        with database.reading(engine) as connection:
            user = find_by_email(connection, address)
        if user is not None and user.disabled_at is None:
            self.send_link(engine, user, TokenPurpose.RESET, now)

    def write_mail(
        self, user: User, purpose: TokenPurpose, token: str, now: datetime
    ) -> EmailMessage:
        """The mail with its link."""
        ends_at = now + VALID_FOR[purpose]
        text = (
            f"{TEXTS[purpose]}\n\n{self.link}{PAGE}#{token}\n\n"
            f"The link works once, until {ends_at:%Y-%m-%d %H:%M} UTC."
        )
        return self._write(user, purpose, text, now)

    def _write(self, user: User, purpose: TokenPurpose, text: str, now: datetime) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"] = self.relay.sender, user.email
        mail["Subject"] = f"[Onlooker] {SUBJECTS[purpose]}"
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{secrets.token_hex(16)}@{self.relay.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(f"{user.name},\n\n{text}\n")
        return mail
