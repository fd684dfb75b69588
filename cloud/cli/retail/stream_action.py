"""`retail stream`: receive price points from an MQTT broker or a Kinesis stream, until stopped."""

import argparse
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from prometheus_client import Counter
from sqlalchemy import Engine

from cloud import settings
from cloud.database import open_or_make
from cloud.ingest.retail.commit import BatchResult
from cloud.ingest.retail.master_data import MasterDataCache
from cloud.ingest.retail.price_consumer import PriceConsumer
from cloud.ingest.retail.rules import read_ingest_rules
from cloud.ingest.sources.message_source import MessageSource, SourceError
from cloud.ingest.sources.mqtt import MqttSource, parse_broker_url, read_common_name
from cloud.metrics_server import serving_metrics
from wire.aws import create_client
from wire.clock import utc_now
from wire.command_line import CERTIFICATES, add_certificates, refuse_options
from wire.process.garbage import reduce_garbage_collection
from wire.topics import RETAIL_FILTER

log = logging.getLogger(__name__)

CLIENT_ID: Final = "onlooker-retail"
COMMITTED = Counter("onlooker_retail_points", "Price points committed, each once")
DUPLICATES = Counter("onlooker_retail_duplicates", "Price points that were committed before")
REFUSED = Counter("onlooker_retail_refused_points", "Price points refused", ["reason"])
LEFT_OUT = Counter("onlooker_retail_unqueued_points", "Refused price points that are only counted")


def add_actions(actions: Any) -> None:
    """Offer `stream`."""
    streams = actions.add_parser("stream", help="receive price points from MQTT or Kinesis")
    settings.add_arguments(streams, "broker")
    streams.add_argument("--client-id", default=None, metavar="NAME",
                         help="client id at the broker (default: the name in the certificate, "
                         f"else {CLIENT_ID}); consumers of a group need one each")  # fmt: skip
    streams.add_argument("--share", metavar="GROUP",
                         help="divide the messages among consumers of this group")  # fmt: skip
    add_certificates(streams)
    streams.add_argument("--metrics-port", type=int, metavar="PORT",
                         help="serve Prometheus metrics on loopback")  # fmt: skip
    streams.add_argument("--kinesis", metavar="STREAM",
                         default=os.environ.get("ONLOOKER_RETAIL_KINESIS_STREAM"),
                         help="read a Kinesis stream (ONLOOKER_RETAIL_KINESIS_STREAM)")  # fmt: skip


def run(arguments: argparse.Namespace, chosen: settings.Settings) -> int:
    """Receive and commit until SIGTERM or Ctrl-C; the batch in work is completed."""
    rules = read_ingest_rules()
    reduce_garbage_collection()
    engine = open_or_make(chosen.database_url)
    try:
        source = _open_source(arguments, chosen, engine)
        with serving_metrics(arguments.metrics_port or None), _stopping() as stopping:
            known = MasterDataCache(engine, rules, utc_now)
            consumer = PriceConsumer(source, engine, known, clock=utc_now, stopping=stopping)
            stream(consumer, stopping)
    finally:
        engine.dispose()
    return 0


def stream(consumer: PriceConsumer, stopping: threading.Event) -> None:
    """Process batches until `stopping` is set."""
    log.info("retail_stream.started")
    try:
        while not stopping.is_set():
            result = consumer.step()
            if result is not None:
                measure(result)
    finally:
        consumer.finish()
    log.info("retail_stream.stopped")


def measure(result: BatchResult) -> None:
    """Add one batch to the metrics; log how many points were refused."""
    COMMITTED.inc(result.committed)
    DUPLICATES.inc(result.duplicates)
    LEFT_OUT.inc(result.left_out)
    for error in result.errors:
        REFUSED.labels(str(error.reason)).inc()
    if result.errors:
        fields = {"refused": len(result.errors), "not_queued": result.left_out}
        log.warning("retail_stream.refused", extra=fields)


def _open_source(
    arguments: argparse.Namespace, chosen: settings.Settings, engine: Engine
) -> MessageSource:
    if arguments.kinesis:
        because = "they belong to an MQTT broker, and --kinesis reads none"
        refuse_options(arguments, "broker", "client-id", "share", *CERTIFICATES, because=because)
        return _open_kinesis(arguments.kinesis, engine)
    named = read_common_name(arguments.cert) if arguments.cert else None
    client_id = arguments.client_id or named or CLIENT_ID
    return MqttSource(
        parse_broker_url(
            chosen.broker_url,
            client_id=client_id,
            share=arguments.share,
            ca_file=arguments.ca,
            cert_file=arguments.cert,
            key_file=arguments.key,
            topics=(RETAIL_FILTER,),
        )
    )


def _open_kinesis(stream_name: str, engine: Engine) -> MessageSource:
    try:
        from cloud.ingest.sources.kinesis import KinesisSource
    except ImportError as error:
        raise SourceError("Kinesis needs boto3: install onlooker[cloud,aws]") from error
    clients = {"kinesis": create_client("kinesis"), "iot_data": create_client("iot-data")}
    return KinesisSource(stream_name, engine, **clients)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set."""
    stopping = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    before = {one: signal.signal(one, lambda *_: stopping.set()) for one in signals}
    try:
        yield stopping
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
