"""Counting on Spark refuses what it cannot count."""

import pytest
from pyspark.sql import SparkSession

from cloud.ingest.sources.message_source import SourceError
from cloud.stream_spark.count import (
    kinesis,
)


def test_without_its_connector_kinesis_is_refused_in_a_sentence(spark: SparkSession) -> None:
    with pytest.raises(SourceError, match=r"EMR 7\.1 or later"):
        kinesis(spark, "reports", region="eu-west-2")
