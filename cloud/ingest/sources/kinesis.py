"""Amazon Kinesis as a source: records of an IoT Core rule, acknowledgements through IoT Core.

The device (topic(4)) is the partition key. A shard answers at most five times a second. The read
position is stored in the database after the commit; without it, reading starts at the oldest record
and every duplicate is recognised. One consumer reads all shards: to read with several, use
`kinesis_lambda`, which AWS runs once per shard.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from cloud.database import insert, reading, stream_positions, writing
from cloud.database.failures import failure_of, is_passing
from cloud.ingest.sources.kinesis_record import parse_record
from cloud.ingest.sources.message_source import BatchLimits, Delivery, SourceError
from wire.aws import explain_aws_errors

log = logging.getLogger(__name__)

POLL_S: Final = 0.25  # five reads a second and shard are allowed


class KinesisSource:
    """All shards of one stream, in turn."""

    def __init__(self, stream: str, engine: Engine, *, kinesis: Any, iot_data: Any) -> None:
        """Clients as boto3 makes them: `boto3.client("kinesis")`, `boto3.client("iot-data")`."""
        self._stream = stream
        self._engine = engine
        self._kinesis = kinesis
        self._iot_data = iot_data
        self._iterators: dict[str, str] = {}
        self._finished: set[str] = set()
        self._listed = False
        self._next_read_at = 0.0  # monotonic

    def receive(self, limits: BatchLimits) -> Sequence[Delivery]:
        """Read every shard once; a throttled or unreachable stream is retried later."""
        time.sleep(max(0.0, self._next_read_at - time.monotonic()))
        self._next_read_at = time.monotonic() + POLL_S
        try:
            if not self._listed:
                self._open()
            deliveries = list(self._read(limits.messages))
        except self._kinesis.exceptions.ResourceNotFoundException as error:
            raise SourceError(f"there is no Kinesis stream {self._stream!r}: {error}") from error
        except NoCredentialsError:
            with explain_aws_errors():
                raise
        except (BotoCoreError, ClientError, DBAPIError) as error:
            if isinstance(error, DBAPIError) and not is_passing(error):
                raise
            reason = failure_of(error) if isinstance(error, DBAPIError) else str(error)[:300]
            log.warning("kinesis.unavailable", extra={"stream": self._stream, "reason": reason})
            self._iterators.clear()
            self._listed = False
            return []
        if not deliveries:
            time.sleep(min(limits.idle_s, POLL_S))
        return deliveries

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Store the read position of each shard; without it, some records are read again."""
        try:
            self._keep_position(deliveries)
        except DBAPIError as error:
            if not is_passing(error):
                raise
            log.warning("kinesis.position_not_stored", extra={"reason": failure_of(error)})

    def _keep_position(self, deliveries: Sequence[Delivery]) -> None:
        furthest = dict[str, str](each.receipt for each in deliveries)
        into = insert(self._engine.dialect.name, stream_positions)
        upsert = into.on_conflict_do_update(
            index_elements=["stream", "shard"], set_={"sequence": into.excluded.sequence}
        )
        with writing(self._engine) as connection:
            connection.execute(
                upsert,
                [
                    {"stream": self._stream, "shard": shard, "sequence": sequence}
                    for shard, sequence in furthest.items()
                ],
            )

    def send(self, topic: str, payload: bytes) -> None:
        """Through IoT Core; a device that misses it sends again and is acknowledged again."""
        try:
            self._iot_data.publish(topic=topic, qos=0, payload=payload)
        except (BotoCoreError, ClientError) as error:
            log.warning(
                "kinesis.acknowledgement_failed", extra={"topic": topic, "reason": str(error)[:300]}
            )

    def close(self) -> None:
        """Nothing to close: the position is in the database."""

    def _open(self) -> None:
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(stream_positions).where(stream_positions.c.stream == self._stream)
            )
            read_to = {row.shard: row.sequence for row in rows}
        for page in self._kinesis.get_paginator("list_shards").paginate(StreamName=self._stream):
            for shard in page["Shards"]:
                name = shard["ShardId"]
                if name not in self._finished | self._iterators.keys():
                    self._iterators[name] = self._iterator(name, read_to.get(name))
        self._listed = True

    def _iterator(self, shard: str, after: str | None) -> str:
        start: Mapping[str, str] = (
            {"ShardIteratorType": "TRIM_HORIZON"}
            if after is None
            else {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": after}
        )
        answer = self._kinesis.get_shard_iterator(StreamName=self._stream, ShardId=shard, **start)
        iterator: str = answer["ShardIterator"]
        return iterator

    def _read(self, messages: int) -> Iterator[Delivery]:
        for shard, iterator in list(self._iterators.items()):
            if messages <= 0:
                return
            answer = self._kinesis.get_records(ShardIterator=iterator, Limit=messages)
            messages -= len(answer["Records"])
            following = answer.get("NextShardIterator")
            if following is None:  # split or merged: its children are in the list
                del self._iterators[shard]
                self._finished.add(shard)
                self._listed = False
            else:
                self._iterators[shard] = following
            for record in answer["Records"]:
                yield parse_record(record["Data"], (shard, record["SequenceNumber"]))
