"""`python -m cloud notifications ...`: find events, issue reports, send notifications, list them.

One process is enough; two do no harm. After SIGTERM or Ctrl-C no call is started, and the calls
that run are waited for, so that the outcome of each is stored.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, select

from cloud import settings
from cloud.cli.accounts.mail_options import add_mail_arguments, read_mailer
from cloud.cli.notifications.repeated_work import RepeatedWork, attempt, repeat_until_stopped
from cloud.database import open_existing, reading
from cloud.metrics_server import serving_metrics
from cloud.notifications.channels import NoticeSender
from cloud.notifications.dispatcher import NoticeDispatcher
from cloud.notifications.finder import EventFinder
from cloud.notifications.notice_store import NoticeState
from cloud.notifications.reports.issuer import ReportIssuer
from cloud.notifications.tables import notice_events, notices
from cloud.settings import SettingsError
from cloud.sites.reload import SitesFile
from cloud.sites.sites_file import SAMPLE
from wire.command_line import row_count

DELIVER_EVERY_S: Final = 1.0
FAILED: Final = "notices.run_failed"
LONGEST_S: Final = 86_400
LONGEST_END_S: Final = 15.0
NO_RELAY: Final = (
    "notifications need a mail relay and the address of the API: start with --smtp HOST:PORT and "
    "--link https://sales.example.org"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `notifications`."""
    subcommands = parser.add_subparsers(dest="action", required=True)
    purpose = "find events and send notifications until stopped"
    run_parser = subcommands.add_parser("run", help=purpose, description=purpose)
    settings.add_arguments(run_parser, "database", "sites")
    offer = run_parser.add_argument
    offer("--every", type=float, default=60.0, metavar="SECONDS", help="(%(default)s)")
    add_mail_arguments(run_parser)
    offer("--sms-region", metavar="REGION", help="region of Amazon SNS (none: no text messages)")
    offer("--metrics-port", type=int, metavar="PORT", help="serve Prometheus metrics on loopback")
    offer("--once", action="store_true", help="find once, deliver what is due, and end")
    purpose = "notifications, the latest first"
    listing = subcommands.add_parser("list", help=purpose, description=purpose)
    settings.add_arguments(listing, "database")
    listing.add_argument("--state", choices=[*NoticeState], help="only in this state")
    listing.add_argument("--limit", type=row_count, default=50, help="how many (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    return _list(arguments) if arguments.action == "list" else _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    mailer, every_s = read_mailer(arguments), arguments.every
    if mailer is None:
        raise SettingsError(NO_RELAY)
    if not 0 <= every_s <= LONGEST_S:
        raise SettingsError(f"--every is {every_s}: give seconds from 0 to {LONGEST_S}")
    chosen = settings.read(arguments)
    engine = open_existing(chosen.database_url)
    sender = NoticeSender(mailer.relay, arguments.sms_region)
    sites_file = SitesFile(chosen.sites or SAMPLE)
    finder, issuer = EventFinder(engine, sites_file), ReportIssuer(engine, sites_file)
    dispatcher = NoticeDispatcher(engine, sender.send, sender.call_s, mailer.link)
    if arguments.once:
        is_done = attempt(lambda: _once(finder, issuer, dispatcher), FAILED)
        engine.dispose()
        return int(not is_done)
    works = (
        RepeatedWork(every_s, lambda: finder.find(_now())),
        RepeatedWork(every_s, lambda: issuer.issue(_now())),
        RepeatedWork(DELIVER_EVERY_S, lambda: dispatcher.step(_now())),
    )
    with serving_metrics(arguments.metrics_port or None):
        repeat_until_stopped(
            engine, works, FAILED,
            at_end=lambda: dispatcher.finish(_now()), longest_end_s=LONGEST_END_S,
        )  # fmt: skip
    return 0


def _once(finder: EventFinder, issuer: ReportIssuer, dispatcher: NoticeDispatcher) -> None:
    finder.find(_now())
    issuer.issue(_now())
    dispatcher.run_until_idle(_now())


def _now() -> datetime:
    return datetime.now(UTC)


def _list(arguments: argparse.Namespace) -> int:
    engine = open_existing(settings.read(arguments).database_url)
    try:
        with reading(engine) as connection:
            lines = list(_lines(connection, arguments.state, arguments.limit))
    finally:
        engine.dispose()
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _lines(connection: Connection, state: str | None, limit: int) -> Iterator[str]:
    """One line each, without the content: users, not e-mail addresses."""
    wanted = (
        select(notices, notice_events.c.kind, notice_events.c.subject)
        .join(notice_events, notice_events.c.id == notices.c.event)
        .order_by(notices.c.id.desc())
        .limit(limit)
    )
    if state is not None:
        wanted = wanted.where(notices.c.state == state)
    rows = connection.execute(wanted).all()
    for row in rows:
        at = row.sent_at or row.next_at
        failure = f" ({row.failure})" if row.failure else ""
        yield (
            f"{row.id}  {row.state}  {row.kind}  {row.subject}  user {row.user} by {row.channel}  "
            f"{at:%Y-%m-%d %H:%M:%S}Z{failure}"
        )
    yield f"{len(rows)} notifications"
