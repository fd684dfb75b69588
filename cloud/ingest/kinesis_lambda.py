"""The same ingest as an AWS Lambda function behind a Kinesis stream, with partial-batch failures.

Configure the event source with ReportBatchItemFailures and the handler as
`cloud.ingest.kinesis_lambda.handler`; set ONLOOKER_DATABASE_URL and ONLOOKER_SITES. Records that
could not be committed are returned by sequence number, and AWS delivers them again.
"""

import argparse
import base64
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Engine

from cloud import settings
from cloud.database import connect, create
from cloud.ingest.consumer import Consumer
from cloud.ingest.membership import Membership
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.sources.kinesis_record import parse_record
from cloud.ingest.sources.message_source import BatchLimits, Delivery
from cloud.ingest.validate import DEFAULT_RULES, IsListed
from cloud.sites.sites_file import SAMPLE
from wire.aws import create_client
from wire.clock import utc_now


class RecordsSource:
    """The records of one invocation."""

    def __init__(self, records: Sequence[Mapping[str, Any]], iot_data: Any) -> None:
        self.unacknowledged = {_number(record): None for record in records}  # in their order
        self._iot_data = iot_data
        self._waiting = [
            parse_record(base64.b64decode(record["kinesis"]["data"]), _number(record))
            for record in records
        ]

    def receive(self, limits: BatchLimits) -> Sequence[Delivery]:
        """The next records, in their order."""
        taken = self._waiting[: limits.messages]
        del self._waiting[: limits.messages]
        return taken

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Remove committed records from those to deliver again."""
        for delivery in deliveries:
            del self.unacknowledged[delivery.receipt]

    def send(self, topic: str, payload: bytes) -> None:
        """Publish through IoT Core."""
        self._iot_data.publish(topic=topic, qos=0, payload=payload)

    def close(self) -> None:
        """Nothing to close."""


def ingest(
    event: Mapping[str, Any],
    engine: Engine,
    *,
    is_listed: IsListed,
    iot_data: Any,
    clock: Callable[[], datetime],
    rules: ValidationRules = DEFAULT_RULES,
) -> dict[str, list[dict[str, str]]]:
    """Commit the records of one event; the response names the first that failed."""
    source = RecordsSource(event["Records"], iot_data)
    no_retries = threading.Event()
    no_retries.set()  # AWS retries, and waiting would be billed
    consumer = Consumer(
        source, engine, is_listed=is_listed, clock=clock, rules=rules, stopping=no_retries
    )
    while consumer.step() is not None:
        pass
    consumer.finish()
    return {
        "batchItemFailures": [{"itemIdentifier": one} for one in list(source.unacknowledged)[:1]]
    }


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """The Lambda handler."""
    engine, membership, chosen, iot_data = _shared_state()
    return ingest(
        event,
        engine,
        is_listed=membership.is_listed,
        iot_data=iot_data,
        clock=utc_now,
        rules=membership.rules(chosen.people_per_camera, chosen.people_per_second),
    )


@cache
def _shared_state() -> tuple[Engine, Membership, settings.Settings, Any]:
    """Objects that are reused by invocations; the sites file is read again when it changes."""
    chosen = settings.read(argparse.Namespace())
    engine = connect(chosen.database_url)
    create(engine)
    membership = Membership(chosen.sites or SAMPLE)
    return engine, membership, chosen, create_client("iot-data")


def _number(record: Mapping[str, Any]) -> str:
    return str(record["kinesis"]["sequenceNumber"])
