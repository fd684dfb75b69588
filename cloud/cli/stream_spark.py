"""`python -m cloud stream-spark count|windows`: counting on Spark, for very large fleets.

`count` runs until it is stopped, or with `--once` until it has read all input; `windows` prints
nothing and writes the windows that open in a period, replacing earlier results. On a
cluster, spark-submit a file with `from cloud.__main__ import main; main(["stream-spark", ...])` and
give it this package with --py-files. Needs onlooker[cloud,spark] and Java 8, 11 or 17.
"""

import argparse
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from cloud import settings
from cloud.database import EPOCH
from cloud.ingest.sources.message_source import SourceError
from cloud.sites.reload import SitesFile
from cloud.sites.sites_file import SAMPLE
from cloud.windows.query import LENGTHS
from wire.ack import Ack
from wire.aws import create_client
from wire.clock import utc_now
from wire.envelope import ack_event, encode_event
from wire.topics import Channel, DeviceAddress

if TYPE_CHECKING:
    from pyspark.sql import Row, SparkSession

CONFIGURATION = {
    "spark.app.name": "onlooker",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stream-spark`."""
    actions = parser.add_subparsers(dest="action", required=True)
    counts = actions.add_parser("count", help="count reports")
    settings.add_arguments(counts, "sites", "people-per-camera", "people-per-second")
    where = counts.add_mutually_exclusive_group(required=True)
    where.add_argument("--files", metavar="FOLDER", help="with one message of a camera a line")
    where.add_argument("--kinesis", metavar="STREAM", help="needs EMR's connector")
    offer = counts.add_argument
    offer("--region", metavar="REGION", help="of the stream")
    offer(
        "--checkpoint",
        metavar="FOLDER",
        required=True,
        help="Spark's checkpoint: store it with --folder",
    )
    offer("--every", type=int, default=60, metavar="S", help="a batch (%(default)s)")
    offer("--once", action="store_true", help="read all input, then exit")
    offer(
        "--acknowledge", action="store_true", help="acknowledge to the cameras through AWS IoT Core"
    )
    sums = actions.add_parser("windows", help="write the windows of a period")
    sums.add_argument("--since", type=instant, required=True, metavar="ISO",
                      help="first instant, with its offset from UTC")  # fmt: skip
    sums.add_argument("--until", type=instant, required=True, metavar="ISO",
                      help="end, not included")  # fmt: skip
    for action in (counts, sums):
        action.add_argument("--folder", required=True, help="of the tables: a path, s3://...")


def instant(typed: str) -> datetime:
    """An instant in UTC, for argparse."""
    try:
        at = datetime.fromisoformat(typed)
        if at.tzinfo is None:
            raise ValueError(typed)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{typed[:40]!r} is no instant with an offset: write one like 2026-11-20T00:00+00:00"
        ) from None


def run(arguments: argparse.Namespace) -> int:
    """Run the action."""
    spark = session({})
    try:
        if arguments.action == "count":
            count(spark, arguments)
        else:
            write_windows(spark, arguments)
    finally:
        spark.stop()
    return 0


def session(more: Mapping[str, str]) -> "SparkSession":
    """Spark as these tables need it: UTC, and an overflow is an error."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SourceError("Spark is missing: install onlooker[cloud,spark]") from error
    builder: Any = SparkSession.builder
    for name, value in {**CONFIGURATION, **more}.items():
        builder = builder.config(name, value)
    spark: SparkSession = builder.getOrCreate()
    return spark


def count(spark: "SparkSession", arguments: argparse.Namespace) -> None:
    """Count until the end of the input, or until stopped."""
    from pyspark.errors.exceptions.captured import StreamingQueryException

    from cloud.stream_spark.count import SitesSnapshot, StreamCounter, files, kinesis
    from cloud.stream_spark.table_store import TableStore

    if arguments.acknowledge:
        create_client("iot-data", region=arguments.region)  # fail here, not in a worker
    chosen = settings.read(arguments)
    sites_file = SitesFile(chosen.sites or SAMPLE)
    counting = StreamCounter(
        TableStore(spark, arguments.folder),
        lambda: SitesSnapshot.of(
            sites_file.sites, chosen.people_per_camera, chosen.people_per_second
        ),
        clock=utc_now,
        acknowledge=partial(acknowledge_by_iot, arguments.region)
        if arguments.acknowledge
        else None,
    )
    lines = (
        files(spark, arguments.files)
        if arguments.files
        else kinesis(spark, arguments.kinesis, region=_region(arguments.region))
    )
    every = {"processingTime": f"{arguments.every} seconds"}
    trigger = {"availableNow": True} if arguments.once else every
    query = counting.start(lines, arguments.checkpoint, **trigger)
    try:
        query.awaitTermination()
    except StreamingQueryException as error:
        if refused := re.search("TableStoreError: (.*)", str(error)):
            raise SourceError(refused[1]) from None
        raise


def _region(region: str | None) -> str:
    if region is None:
        raise SourceError("a Kinesis stream has a region: give --region")
    return region


def write_windows(spark: "SparkSession", arguments: argparse.Namespace) -> None:
    """Write the windows that open in the period, by the hour in which they open."""
    from cloud.stream_spark.count import MINUTES
    from cloud.stream_spark.table_store import TableStore
    from cloud.stream_spark.windows import between, windows

    since_s, until_s = (
        int((at - EPOCH).total_seconds()) for at in (arguments.since, arguments.until)
    )
    minutes = TableStore(spark, arguments.folder).table("minutes", f"{MINUTES}, hour_at bigint")
    for name in LENGTHS:
        opened = windows(between(minutes, since_s, until_s), name)
        chosen = opened.filter(f"starts_at >= {since_s} and starts_at < {until_s}")
        by_hour = chosen.selectExpr("*", "starts_at - starts_at % 3600 as hour_at")
        out = f"{arguments.folder.rstrip('/')}/windows/{name}"
        writer = by_hour.write.mode("overwrite").option("partitionOverwriteMode", "dynamic")
        writer.partitionBy("hour_at").parquet(out)


def acknowledge_by_iot(region: str | None, rows: "Iterable[Row]") -> None:
    """Publish acknowledgements through AWS IoT Core; a lost one is repeated later."""
    client = create_client("iot-data", region=region)
    for row in rows:
        topic, payload = acknowledgement(row)
        client.publish(topic=topic, qos=0, payload=payload)


def acknowledgement(row: "Row") -> tuple[str, bytes]:
    """Topic and payload of the acknowledgement of a stream."""
    address = DeviceAddress(row.location, row.device)
    ack = Ack(device=row.device, journal=row.stream_id, through=row.through, at=datetime.now(UTC))
    return address.topic(Channel.ACK), encode_event(ack_event(ack, address))
