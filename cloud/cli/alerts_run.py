"""`python -m cloud alerts run`: evaluates rules every minute, raises, clears and notifies.

The clock is read here. One process is enough; two do no harm. Evaluation and delivery have a thread
each, so SIGTERM and Ctrl-C end the program with 0 within two seconds, whatever it waits for.
"""

import argparse
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cloud import settings
from cloud.alerting.evaluator import Evaluator
from cloud.alerting.lifecycle import LONGEST_PAUSE
from cloud.alerting.notifications import GROUP_WITHIN
from cloud.alerting.notifier import Notifier
from cloud.alerting.recipients_file import RecipientsFile
from cloud.alerting.retail.retail_measures import RetailMeasures
from cloud.alerting.retail.usual_range import RangeMethod
from cloud.alerting.senders import Senders
from cloud.analytics.retail.experiment_alerts import ExperimentMeasures
from cloud.campaigns.delivery_alerts import DeliveryMeasures
from cloud.cli.accounts.mail_options import add_mail_arguments, read_link, read_relay
from cloud.cli.notifications.repeated_work import RepeatedWork, attempt, repeat_until_stopped
from cloud.database import open_existing
from cloud.metrics_server import serving_metrics
from cloud.products.limit_alerts import ProductMeasures
from cloud.settings import SettingsError
from cloud.sites.reload import SitesFile
from cloud.sites.sites_file import SAMPLE

log = logging.getLogger(__name__)

DELIVER_EVERY_S: Final = 0.5
FAILED: Final = "alerts.evaluation_failed"
MISSED_EVALUATIONS: Final = 3  # in a row, after which hold times restart
BETWEEN_RUNS: Final = timedelta(hours=1)
"""With --once a scheduler sets the interval between two evaluations."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `alerts run`."""
    settings.add_arguments(parser, "database", "sites")
    offer = parser.add_argument
    offer(
        "--recipients",
        type=Path,
        metavar="FILE",
        help="recipients of notifications (default: the log)",
    )
    offer("--every", type=float, default=60.0, metavar="SECONDS", help="(%(default)s)")
    offer("--group-within", type=float, default=GROUP_WITHIN.total_seconds(), metavar="SECONDS",
          help="time within which alerts of one kind are one notification "
          "(%(default)s)")  # fmt: skip
    offer("--retail-range", choices=[str(one) for one in RangeMethod], default=str(RangeMethod.MAD),
          help="usual range of retail prices and demand: robust, or three standard deviations "
          "(%(default)s)")  # fmt: skip
    add_mail_arguments(parser, relay="localhost:25")
    offer("--metrics-port", type=int, metavar="PORT", help="serve Prometheus metrics on loopback")
    offer("--once", action="store_true", help="evaluate once, deliver what is due, and end")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and deliver until stopped."""
    senders = Senders(read_relay(arguments.smtp, arguments.mail_from))
    base_url = read_link(arguments.link)
    within_s = _seconds("--group-within", arguments.group_within)
    every_s = _seconds("--every", arguments.every)
    chosen = settings.read(arguments)
    sites_file = SitesFile(chosen.sites or SAMPLE)
    recipients = RecipientsFile(arguments.recipients, lambda: sites_file.sites)
    engine = open_existing(chosen.database_url)
    evaluator = Evaluator(
        engine,
        sites_file,
        recipients,
        Notifier(engine, senders.send, senders.call_s, base_url),
        timedelta(seconds=0 if arguments.once else within_s),
        longest_pause=_longest_pause(every_s, is_once=arguments.once),
        sources=(
            DeliveryMeasures(),
            RetailMeasures(method=RangeMethod(arguments.retail_range)),
            ExperimentMeasures(),
            ProductMeasures(),
        ),
    )
    if arguments.once:
        is_done = attempt(lambda: _once(evaluator), FAILED)
        engine.dispose()
        return int(not is_done or bool(evaluator.failed))
    works = (
        RepeatedWork(every_s, lambda: evaluator.evaluate(datetime.now(UTC))),
        RepeatedWork(DELIVER_EVERY_S, lambda: evaluator.deliver(datetime.now(UTC))),
    )
    with serving_metrics(arguments.metrics_port or None):
        repeat_until_stopped(engine, works, FAILED)
    return 0


def _longest_pause(every_s: float, *, is_once: bool) -> timedelta:
    usual = BETWEEN_RUNS if is_once else LONGEST_PAUSE
    return max(usual, MISSED_EVALUATIONS * timedelta(seconds=every_s))


def _once(evaluator: Evaluator) -> None:
    now = datetime.now(UTC)
    evaluator.evaluate(now)
    evaluator.deliver_all(now)


def _seconds(option: str, value: float) -> float:
    if not 0 <= value <= 86_400:
        raise SettingsError(f"{option} is {value}: give seconds from 0 to 86400")
    return value
