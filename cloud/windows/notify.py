"""Telling people of alerts: written down first, told after, tried again when it did not work.

A notice that could not be delivered is tried again with growing pauses and given up after a day's
worth. Nothing here holds up ingest, and a receiver that hangs is cut off after ten seconds.
"""

import json
import logging
import smtplib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, select

from cloud.database import alerts, insert, notices, reading, writing
from cloud.windows.alerts import Change, Event
from cloud.windows.recipients import Recipient

log = logging.getLogger(__name__)

TIMEOUT_S: Final = 10.0
PAUSES: Final = tuple(timedelta(minutes=pause) for pause in (1, 5, 15, 60, 240, 480, 720))
MOST_AT_ONCE: Final = 100


class DeliveryError(RuntimeError):
    """The receiver did not take the notice."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert's change, for one recipient."""

    change: Change
    kind: str
    location: str
    device: str
    at: datetime
    message: str

    @property
    def subject(self) -> str:
        """One line."""
        where = f"{self.location}/{self.device}" if self.device else self.location
        return f"{self.change} {self.kind} at {where}"

    def json(self) -> dict[str, Any]:
        """As a webhook receives it."""
        return {
            "change": str(self.change),
            "kind": self.kind,
            "location": self.location,
            "device": self.device or None,
            "at": self.at.isoformat(),
            "message": self.message,
        }


Messenger = Callable[[str, Notice], None]
"""A way to reach somebody; raises DeliveryError when it did not work."""


def plan(connection: Connection, events: Iterable[Event], recipients: Iterable[Recipient]) -> None:
    """Write down who is to be told of each event, and when."""
    known = list(recipients)
    for event in events:
        for recipient in known:
            if recipient.wants(event.measure.kind, event.measure.location):
                _plan(connection, event, recipient)


def deliver(
    engine: Engine,
    recipients: Iterable[Recipient],
    now: datetime,
    messenger_for: Callable[[str], Messenger],
) -> int:
    """Tell what is due; how many were told."""
    addresses = {recipient.name: recipient.to for recipient in recipients}
    with reading(engine) as connection:
        due = list(connection.execute(_due(now)))
    told = 0
    for row in due:
        failure = _try(addresses.get(row.recipient), row, messenger_for)
        told += failure is None
        with writing(engine) as connection:
            _note(connection, row, failure, now)
    return told


def _plan(connection: Connection, event: Event, recipient: Recipient) -> None:
    due_at = recipient.due_at(event.at)
    waiting = (
        (notices.c.alert == event.alert)
        & (notices.c.recipient == recipient.name)
        & notices.c.told_at.is_(None)
        & (notices.c.due_at > event.at)
    )
    if (
        event.change is Change.CLEARED
        and connection.execute(notices.delete().where(waiting)).rowcount
    ):
        return  # raised and cleared within their quiet hours: nothing to wake up to
    connection.execute(
        insert(connection.dialect.name, notices)
        .values(
            alert=event.alert, change=str(event.change), recipient=recipient.name, due_at=due_at
        )
        .on_conflict_do_nothing()
    )


def _due(now: datetime) -> Any:
    return (
        select(notices, alerts.c.kind, alerts.c.location, alerts.c.device, alerts.c.message,
               alerts.c.raised_at, alerts.c.cleared_at)
        .join(alerts, alerts.c.id == notices.c.alert)
        .where(notices.c.told_at.is_(None), notices.c.due_at <= now)
        .where(notices.c.tries <= len(PAUSES))
        .order_by(notices.c.due_at, notices.c.id)
        .limit(MOST_AT_ONCE)
    )  # fmt: skip


def _try(to: str | None, row: Row[Any], messenger_for: Callable[[str], Messenger]) -> str | None:
    if to is None:
        return "there is no such recipient any more"
    change = Change(row.change)
    at = row.raised_at if change is Change.RAISED else row.cleared_at
    notice = Notice(change, row.kind, row.location, row.device, at, row.message)
    try:
        messenger_for(to)(to, notice)
    except DeliveryError as error:
        return str(error)
    return None


def _note(connection: Connection, row: Row[Any], failure: str | None, now: datetime) -> None:
    if failure is None:
        values: dict[str, Any] = {"told_at": now, "failure": None}
    else:
        pause = PAUSES[min(row.tries, len(PAUSES) - 1)]
        values = {"failure": failure[:500], "due_at": now + pause}
        log.warning(
            "notice.not_delivered",
            extra={"recipient": row.recipient, "tries": row.tries + 1, "reason": failure[:200]},
        )
    values["tries"] = row.tries + 1
    connection.execute(notices.update().where(notices.c.id == row.id).values(**values))


def to_log(_to: str, notice: Notice) -> None:
    """Into the log."""
    fields = notice.json()
    fields["said"] = fields.pop("message")  # a name that log records keep for themselves
    log.warning("alert.%s", notice.change, extra=fields)


def to_webhook(to: str, notice: Notice) -> None:
    """POST as JSON; any 2xx is taken for heard."""
    request = urllib.request.Request(  # noqa: S310  http(s) only, checked in Recipient
        to,
        data=json.dumps(notice.json()).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "onlooker"},
    )
    try:
        urllib.request.urlopen(request, timeout=TIMEOUT_S).close()  # noqa: S310  as above
    except (OSError, urllib.error.HTTPError, ValueError) as error:
        raise DeliveryError(f"webhook: {error}") from error


@dataclass(frozen=True, slots=True)
class Mail:
    """Plain SMTP to a relay of the house."""

    host: str = "localhost"
    port: int = 25
    sender: str = "onlooker@localhost"

    def __call__(self, to: str, notice: Notice) -> None:
        """One mail to the address after `mailto:`."""
        mail = EmailMessage()
        mail["From"], mail["To"] = self.sender, to.removeprefix("mailto:")
        mail["Subject"] = f"[Onlooker] {notice.subject}"
        mail.set_content(f"{notice.message}\n\n{notice.at.isoformat()}\n")
        try:
            with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S) as relay:
                relay.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(f"mail: {error}") from error


def to_sns(to: str, notice: Notice) -> None:
    """Publish on the topic after `sns:`; region and credentials as boto3 finds them."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise DeliveryError("sns: boto3 is missing: install onlooker[aws]") from error
    arn = to.removeprefix("sns:")
    region = arn.split(":")[3] if arn.count(":") >= 5 else None
    try:
        boto3.client("sns", region_name=region).publish(
            TopicArn=arn, Subject=notice.subject[:100], Message=json.dumps(notice.json())
        )
    except (BotoCoreError, ClientError) as error:
        raise DeliveryError(f"sns: {error}") from error


def messengers(mail: Mail) -> Callable[[str], Messenger]:
    """The way to each kind of address."""
    ways: dict[str, Messenger] = {
        "https": to_webhook, "http": to_webhook, "mailto": mail, "sns": to_sns, "log": to_log,
    }  # fmt: skip
    return lambda to: ways[to.split(":")[0]]
