"""Windows as sums of minutes, by Spark: the definitions are those of `cloud.windows.query`.

5 minutes tumble, 15 minutes and an hour slide by five; all are half-open and aligned to the epoch.
A window is absent where nothing was reported, never a row of zeros.
"""

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from cloud.database import SUMS
from cloud.windows.query import LENGTHS, STEP, WindowName

_STEP_S: Final = STEP.seconds


def windows(minutes: DataFrame, name: WindowName) -> DataFrame:
    """Rows of (location, starts_at, cameras, sums..., peak); `starts_at` in seconds since 1970."""
    step = f.expr(f"minute_at - minute_at % {_STEP_S}").alias("step_at")
    steps = minutes.groupBy("location", "device", step).agg(*_sums())
    window = f.window(
        f.timestamp_seconds("step_at"),
        f"{LENGTHS[name].seconds} seconds",
        f"{_STEP_S} seconds",
    )
    cameras = f.size(f.collect_set("device")).cast("bigint").alias("cameras")
    sums = steps.groupBy("location", window.alias("window")).agg(cameras, *_sums())
    starts_at = f.unix_timestamp("window.start").alias("starts_at")
    return sums.select("location", starts_at, "cameras", *SUMS, "peak")


def between(minutes: DataFrame, since_s: int, until_s: int) -> DataFrame:
    """The minutes that windows opening in [since, until) need, by whole hours of partitions."""
    longest_s = max(length.seconds for length in LENGTHS.values())
    hours = f.col("hour_at").between(since_s - since_s % 3600, until_s + longest_s)
    return minutes.filter(hours & (f.col("minute_at") >= since_s - since_s % _STEP_S))


def _sums() -> list[Column]:
    # a column that a part from before it lacks is null there
    added = (f.coalesce(f.sum(name), f.lit(0)).alias(name) for name in SUMS)
    return [*added, f.max("peak").alias("peak")]
