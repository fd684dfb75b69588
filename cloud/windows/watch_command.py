"""`python -m cloud watch`: looks at the estate every minute, raises alerts, clears them, tells.

The clock is read here. One process is enough; two do no harm. SIGTERM and Ctrl-C end it with 0.
"""

import argparse
import logging
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from cloud import settings
from cloud.database import connect, create, reading, writing
from cloud.estate import SAMPLE, Estate, load
from cloud.windows import recipients
from cloud.windows.alerts import Event, settle
from cloud.windows.notify import Mail, deliver, messengers, plan
from cloud.windows.recipients import Recipient
from cloud.windows.watch import look

log = logging.getLogger(__name__)

TO_LOG = Recipient(name="log", to="log:")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `watch`."""
    settings.add_arguments(parser, "database", "estate")
    offer = parser.add_argument
    offer("--recipients", type=Path, metavar="FILE", help="who is told of what (without: the log)")
    offer("--every", type=float, default=60.0, metavar="SECONDS", help="(%(default)s)")
    offer("--smtp", default="localhost:25", metavar="HOST:PORT", help="mail relay (%(default)s)")
    offer("--mail-from", default=Mail().sender, metavar="ADDRESS", help="sender (%(default)s)")
    offer("--once", action="store_true", help="look once and end")


def run(arguments: argparse.Namespace) -> int:
    """Watch until told to stop."""
    chosen = settings.read(arguments)
    estate = load(chosen.estate or SAMPLE)
    told = recipients.load(arguments.recipients) if arguments.recipients else (TO_LOG,)
    host, _, port = arguments.smtp.rpartition(":")
    mail = Mail(host or "localhost", int(port), arguments.mail_from)
    engine = connect(chosen.database_url)
    create(engine)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        return _watch_until(stopping, engine, estate, told, mail, arguments)
    finally:
        engine.dispose()


def _watch_until(
    stopping: threading.Event,
    engine: Engine,
    estate: Estate,
    told: tuple[Recipient, ...],
    mail: Mail,
    arguments: argparse.Namespace,
) -> int:
    while True:
        now, away = datetime.now(UTC), False
        try:
            watch(engine, estate, told, now)
            deliver(engine, told, now, messengers(mail))
        except OperationalError as error:
            away = True
            log.warning("database.away", extra={"reason": str(error)[:500]})
        if arguments.once or stopping.wait(arguments.every):
            return int(away)


def watch(
    engine: Engine, estate: Estate, told: tuple[Recipient, ...], now: datetime
) -> list[Event]:
    """One look: what has changed is written down together with who is to be told."""
    cameras = [(site.id, camera) for site in estate for camera in site.device_ids]
    with reading(engine) as connection:
        measures = list(look(connection, cameras, now))
    with writing(engine) as connection:
        events = settle(connection, measures, now)
        plan(connection, events, told)
    return events
