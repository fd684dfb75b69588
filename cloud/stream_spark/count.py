"""Structured Streaming that counts every report once: lines in, minute sums out, acknowledgements.

A micro-batch that fails is read again, and not every source returns the same lines the second
time. So the lines of a batch are written first, everything else is derived from them, and streams
(the acknowledged numbers) are written last. A batch whose streams are complete is done, whatever
Spark assumes. A report that is days late is counted like any other: streams do not expire, and no
watermark drops it. Folder and checkpoint belong together: another checkpoint would count everything
again.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from pyspark.sql import DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as f
from pyspark.sql.streaming.query import StreamingQuery

from cloud.database import SUMS
from cloud.ingest.commit import OVERLAPPING, SCATTERED
from cloud.ingest.plausibility import PEOPLE_PER_CAMERA, PEOPLE_PER_SECOND, ValidationRules
from cloud.ingest.received_ranges import SequenceStatus
from cloud.ingest.sources.message_source import SourceError
from cloud.sites.camera_listings import Listing
from cloud.sites.sites import Sites
from cloud.stream_spark.finalize import SCHEMA as RESULT
from cloud.stream_spark.finalize import TOO_FAR, StreamResult, StreamState, finalize_stream
from cloud.stream_spark.parse import DEAD_LETTER, OLDEST_HELD, REPORT, parse_line
from cloud.stream_spark.parse import SCHEMA as LINE
from cloud.stream_spark.table_store import TableStore
from wire.scalars import DeviceId, LocationId

log = logging.getLogger(__name__)

KINESIS: Final = "aws-kinesis"  # the connector that EMR 7.1 and later carry
STREAM_KEY: Final = ("device", "stream_id")
STATE_COLUMNS: Final = StreamState._fields
STREAMS: Final = (
    "device string, stream_id string, location string, through bigint, received_ranges string, "
    "through_us bigint, moved_us bigint, is_to_acknowledge boolean"
)
MINUTES: Final = "location string, device string, minute_at bigint, " + ", ".join(
    f"{name} bigint" for name in (*SUMS, "peak")
)
DEAD_LETTERS: Final = (
    "digest string, kind string, reason string, topic string, location string, device string, "
    "stream_id string, first bigint, last bigint, claims boolean, payload binary"
)
UNFIT: Final = (SequenceStatus.OVERLAP.name, SequenceStatus.SCATTERED.name, TOO_FAR)
DEAD_LETTERS_PER_DEVICE: Final = 100
"""Dead letters that are stored of one device in one batch."""
DISTANT: Final = "its sequence numbers lie further beyond the stream's mark than time allows"
LOSSES: Final = "device string, stream_id string, location string, first bigint, last bigint"

Acknowledge = Callable[[Iterable[Row]], None]
"""Called on the executors with (device, stream_id, location, through), one partition at a time."""


class TableStoreError(RuntimeError):
    """The folder belongs to another checkpoint."""


def files(spark: SparkSession, path: str, *, at_once: int = 100) -> DataFrame:
    """Lines of the files of a folder, each file once; `data` is the only column."""
    lines = spark.readStream.option("maxFilesPerTrigger", at_once).text(path)
    return lines.select(f.col("value").cast("binary").alias("data"))


def kinesis(spark: SparkSession, stream: str, *, region: str) -> DataFrame:
    """Records of a stream, from the oldest; `data` is the only column.

    Raises:
        SourceError: Spark has no connector for Kinesis.
    """
    reader = spark.readStream.format(KINESIS).options(
        **{
            "kinesis.streamName": stream,
            "kinesis.region": region,
            "kinesis.endpointUrl": f"https://kinesis.{region}.amazonaws.com",
            "kinesis.startingPosition": "TRIM_HORIZON",
            "kinesis.failOnDataLoss": "true",
        }
    )
    try:
        return reader.load().select("data")
    except Exception as error:
        if "DATA_SOURCE_NOT_FOUND" not in str(error):
            raise
        raise SourceError(
            f"this Spark has no connector {KINESIS!r}: run on EMR 7.1 or later, or give "
            "spark-submit the jar of awslabs/spark-sql-kinesis-connector with --jars"
        ) from error


@dataclass(frozen=True, slots=True)
class SitesSnapshot:
    """What the executors have to know of the sites file, as it is when a batch begins."""

    listed: frozenset[tuple[str, str]]
    current: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[tuple[str, str], int] = field(default_factory=dict)
    people_per_camera: int = PEOPLE_PER_CAMERA
    people_per_second: int = PEOPLE_PER_SECOND
    listed_at: Mapping[str, Sequence[Listing]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        sites: Sites,
        people_per_camera: int | None = None,
        people_per_second: int | None = None,
    ) -> "SitesSnapshot":
        """The cameras of the sites file, former ids of locations included."""
        listed, current, people = set(), dict[str, str](), dict[tuple[str, str], int]()
        listings: dict[str, Sequence[Listing]] = {}
        for site in sites:
            current |= dict.fromkeys(site.formerly, site.id)
            for device in site.device_ids:
                listed |= {(name, device) for name in (site.id, *site.formerly)}
                listings[device] = sites.listings(device)
                if most := sites.people(site.id, device):
                    people[site.id, device] = most
        return cls(
            frozenset(listed),
            current,
            people,
            people_per_camera or PEOPLE_PER_CAMERA,
            people_per_second or PEOPLE_PER_SECOND,
            listings,
        )

    def is_listed(self, location: LocationId, device: DeviceId) -> bool:
        """Whether that camera is one of that location's."""
        return (location, device) in self.listed

    def current_id(self, location: LocationId) -> LocationId:
        """The present id of a location that had another."""
        return LocationId(self.current.get(location, location))

    def most_people(self, location: LocationId, device: DeviceId) -> int | None:
        """How many people the camera can see at once, where the sites file says so."""
        return self.people.get((location, device))

    def listings(self, device: DeviceId) -> Sequence[Listing]:
        """Where the sites file lists the camera, and when."""
        return self.listed_at.get(device, ())

    @property
    def rules(self) -> ValidationRules:
        """The validation rules for these cameras."""
        return ValidationRules(
            people_per_camera=self.people_per_camera,
            people_per_second=self.people_per_second,
            current_id=self.current_id,
            people=self.most_people,
            listings=self.listings,
        )


@dataclass(frozen=True, slots=True)
class StreamCounter:
    """Table store, cameras (read before every batch) and acknowledgement."""

    store: TableStore
    cameras: Callable[[], SitesSnapshot]
    clock: Callable[[], datetime]
    acknowledge: Acknowledge | None = None

    def start(self, lines: DataFrame, checkpoint: str, **trigger: Any) -> StreamingQuery:
        """Begin to count `data`; the trigger is Spark's own (`availableNow=True`, ...)."""
        writer = lines.writeStream.foreachBatch(self.batch).trigger(**trigger)
        return writer.option("checkpointLocation", checkpoint).start()

    def batch(self, lines: DataFrame, number: int) -> None:
        """Count one batch, or only acknowledge one that is counted."""
        self._check_owner(lines)
        if number not in self.store.batches("streams"):
            self._write(lines, number)
        self._delete_intermediate(number)
        if self.acknowledge is not None:
            acknowledged = self.store.part("streams", number, STREAMS)
            acknowledged.filter("is_to_acknowledge and through > 0").foreachPartition(
                self.acknowledge
            )

    def _write(self, lines: DataFrame, number: int) -> None:
        store, cameras, now = self.store, self.cameras(), self.clock()
        read = f.udf(partial(_read, cameras, now), f"array<struct<{LINE}>>")
        received = lines.select(f.explode(read("data")).alias("line")).select("line.*")
        store.write(received, "received", number)
        received = store.part("received", number, LINE)
        before = self._streams_before(number)
        finalized_batch = finalized(
            received, before, partial(finalize_stream, now=now, rules=cameras.rules)
        )
        store.write(finalized_batch, "finalized", number)
        finalized_batch = store.part("finalized", number, finalized_batch.schema)
        store.write(minutes_of(finalized_batch), "minutes", number, by=("hour_at",))
        store.write(reports_of(finalized_batch), "reports", number, by=("hour_at",))
        store.write(dead_letters_of(received, finalized_batch), "dead_letters", number)
        store.write(losses_of(finalized_batch), "losses", number)
        store.write(streams_after(finalized_batch, before), "streams", number)

    def _streams_before(self, number: int) -> DataFrame:
        older = [batch for batch in self.store.batches("streams") if batch < number]
        if not older:
            return self.store.spark.createDataFrame([], STREAMS)
        return self.store.part("streams", older[-1], STREAMS)

    def _check_owner(self, lines: DataFrame) -> None:
        query = lines.sparkSession.sparkContext.getLocalProperty("sql.streaming.queryId")
        owner = self.store.claim(str(query))
        if owner != query:
            raise TableStoreError(
                f"{self.store.root} was counted by the checkpoint of query {owner}, this one is "
                f"{query}: give the old checkpoint, or an empty folder"
            )

    def _delete_intermediate(self, number: int) -> None:
        for table in ("received", "finalized"):
            self.store.forget(table, number)
        for batch in self.store.batches("streams"):
            if batch < number - 1:
                self.store.forget("streams", batch)


def _read(cameras: SitesSnapshot, now: datetime, data: bytes) -> list[Any]:
    return parse_line(bytes(data), is_listed=cameras.is_listed, now=now, rules=cameras.rules)


def finalized(
    received: DataFrame, before: DataFrame, finalize: Callable[..., StreamResult]
) -> DataFrame:
    """Each stream of the batch with its items and their results.

    Items are ordered by sequence, reports first: a damaged copy does not take the sequence of
    a valid report.
    """
    item = f.struct(
        (f.col("what") != REPORT).alias("refused"), "first", "last", "what", "location",
        "at_us", "minute_at", "sums", "kind", "reason", "topic", "payload", "digest",
    )  # fmt: skip
    streams = (
        received.filter("stream_id is not null")
        .groupBy(*STREAM_KEY)
        .agg(f.sort_array(f.collect_list(item)).alias("items"), f.max("location").alias("place"))
        .join(before.select(*STREAM_KEY, *STATE_COLUMNS), list(STREAM_KEY), "left")
    )
    result = f.udf(partial(_finalized, finalize), RESULT)
    brief = f.transform(
        "items", lambda one: f.struct(one["what"], one["first"], one["last"], one["at_us"])
    )
    return streams.select(
        *STREAM_KEY, "place", "items", result(*STATE_COLUMNS, brief).alias("result")
    )


def _finalized(finalize: Callable[..., StreamResult], *values: Any) -> StreamResult:
    *held, items = values
    return finalize(StreamState(*held), [tuple(item) for item in items])


def _items(finalized_batch: DataFrame) -> DataFrame:
    pair = f.explode(f.arrays_zip(f.col("items"), f.col("result.statuses").alias("standing")))
    return finalized_batch.select(*STREAM_KEY, pair.alias("one")).select(
        *STREAM_KEY, "one.items.*", f.col("one.standing").alias("standing")
    )


def _counted(finalized_batch: DataFrame) -> DataFrame:
    return _items(finalized_batch).filter(
        (f.col("what") == REPORT) & (f.col("standing") == SequenceStatus.NEW.name)
    )


def minutes_of(finalized_batch: DataFrame) -> DataFrame:
    """What the batch adds to each minute of each camera."""
    sums = (f.sum(f.col("sums")[index]).alias(name) for index, name in enumerate(SUMS))
    peak = f.max(f.col("sums")[len(SUMS)]).alias("peak")
    minutes = _counted(finalized_batch).groupBy("location", "device", "minute_at").agg(*sums, peak)
    return minutes.withColumn("hour_at", f.expr("minute_at - minute_at % 3600"))


def reports_of(finalized_batch: DataFrame) -> DataFrame:
    """The counted reports in their own words, for the lake."""
    body = f.col("payload").cast("string").alias("body")
    hour_at = f.expr("minute_at - minute_at % 3600").alias("hour_at")
    return _counted(finalized_batch).select(*STREAM_KEY, "first", "last", "location", body, hour_at)


def dead_letters_of(received: DataFrame, finalized_batch: DataFrame) -> DataFrame:
    """The dead letters of a batch: invalid messages, and reports that cannot be counted."""
    columns = ("digest", "kind", "reason", "topic", "location", "device", "stream_id", "first",
               "last", "payload")  # fmt: skip
    no, claims = f.lit(False), f.col("standing") == SequenceStatus.NEW.name
    loose = _first_of_device(
        received.filter((f.col("what") == DEAD_LETTER) & f.col("stream_id").isNull())
    )
    items = _items(finalized_batch)
    refused = items.filter((f.col("what") == DEAD_LETTER) & (f.col("standing") != TOO_FAR))
    reports = (f.col("what") == REPORT) & f.col("standing").isin(*UNFIT)
    unfit = items.filter(reports | (f.col("standing") == TOO_FAR))
    parts = (
        loose.select(*columns, no.alias("claims")),
        refused.select(*columns, claims.alias("claims")),
        _unfit(unfit).select(*columns, no.alias("claims")),
    )
    return parts[0].union(parts[1]).union(parts[2]).dropDuplicates(["digest"])


def _first_of_device(dead_letters: DataFrame) -> DataFrame:
    """A few of each device in a batch: one that sends only rubbish fills no disk."""
    of_device = Window.partitionBy("location", "device").orderBy("digest")
    once = dead_letters.dropDuplicates(["digest"])
    numbered = once.withColumn("place", f.row_number().over(of_device))
    return numbered.filter(f.col("place") <= DEAD_LETTERS_PER_DEVICE).drop("place")


def _unfit(items: DataFrame) -> DataFrame:
    scattered = f.col("standing") == SequenceStatus.SCATTERED.name
    numbers = f.concat_ws("", "stream_id", f.lit(":"), "first", f.lit("-"), "last")
    received = f.concat_ws("\0", "kind", "topic", f.when(scattered, "").otherwise(numbers))
    kinds = items.withColumn("kind", f.lower("standing"))
    overlaps = f.col("standing") == SequenceStatus.OVERLAP.name
    reason = f.when(overlaps, OVERLAPPING).when(scattered, SCATTERED).otherwise(DISTANT)
    own = f.when(f.col("what") == OLDEST_HELD, f.col("digest")).otherwise(f.sha2(received, 256))
    return kinds.withColumns({"reason": reason, "digest": own})


def losses_of(finalized_batch: DataFrame) -> DataFrame:
    """Acknowledged numbers whose reports are not stored."""
    lost = finalized_batch.select(*STREAM_KEY, "place", f.explode("result.lost").alias("lost"))
    return lost.select(*STREAM_KEY, f.col("place").alias("location"), "lost.first", "lost.last")


def streams_after(finalized_batch: DataFrame, before: DataFrame) -> DataFrame:
    """Every stream; `is_to_acknowledge` marks those of this batch."""
    after = finalized_batch.select(
        *STREAM_KEY, f.col("place").alias("location"), "result.through", "result.received_ranges",
        "result.through_us", "result.moved_us", "result.is_to_acknowledge",
    )  # fmt: skip
    rest = before.join(finalized_batch, list(STREAM_KEY), "left_anti").withColumn(
        "is_to_acknowledge", f.lit(False)
    )
    return after.union(rest.select(*after.columns))
