"""Estimates the monthly cost of the lake on AWS when it is full, with the arithmetic.

Sizes and processor time are measured: see "What it costs" in `docs/lake.md`. Prices are list prices
for us-east-1 without free tiers; `docs/lake.md` states their sources. Not included: rows of alerts,
heartbeats, prices and orders, the database, and traffic out of AWS. Spark is included when its
minutes are given. Each location has one camera.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provisioning.aws.cost import DAYS, GIGABYTE, MILLION, MINUTES, CostLine
from provisioning.aws.lake.zones import ARCHIVE_DAYS, HOT_DAYS, INFREQUENT_ACCESS_AFTER_DAYS

KEYS: Final = 3
ALARMS: Final = 5
METRICS: Final = 6
SPARK_CPUS, SPARK_GIGABYTES = 16, 64
"""Of a job on Spark: a driver and three executors of the default size."""
TERABYTE: Final = 1_000 * GIGABYTE


@dataclass(frozen=True, slots=True)
class LakePrices:
    """US dollars."""

    standard_gigabyte_month: float = 0.023
    infrequent_gigabyte_month: float = 0.0125
    archive_gigabyte_month: float = 0.004
    write_thousand: float = 0.005
    archive_thousand: float = 0.02
    region_gigabyte: float = 0.02
    event_million: float = 1.00
    scan_terabyte: float = 5.00
    cpu_hour: float = 0.04048
    memory_gigabyte_hour: float = 0.004445
    spark_cpu_hour: float = 0.052624
    spark_gigabyte_hour: float = 0.0057785
    key_month: float = 1.00
    alarm_month: float = 0.10
    metric_month: float = 0.30
    dashboard_month: float = 3.00


@dataclass(frozen=True, slots=True)
class LakeUsage:
    """What is stored and computed for each report, as measured, and how the lake is used."""

    reports_per_minute: float = 1.0
    landing_bytes: float = 43.0
    raw_bytes: float = 22.5
    trusted_bytes: float = 22.5
    curated_bytes_a_day: float = 2_020.0
    nightly_cpu_us: float = 95.0
    spark_minutes: float = 0.0
    batch_reports: int = 20_000
    tables: int = 5
    trusted_months: int = 15
    curated_months: int = 15
    scanned_gigabytes: float = 100.0
    requests_per_file: int = 4


def estimate(cameras: int, usage: LakeUsage, prices: LakePrices) -> list[CostLine]:
    """Estimate a month of the lake that holds all that its lifecycle keeps."""
    reports = cameras * MINUTES * usage.reports_per_minute
    return [
        *_received(reports, usage, prices),
        *_trusted(reports, usage, prices),
        *_curated(cameras, usage, prices),
        *_requests(reports, usage, prices),
        *_nightly(reports, usage, prices),
        *_fixed(usage, prices),
    ]


def _received(reports: float, usage: LakeUsage, prices: LakePrices) -> Iterator[CostLine]:
    month = reports * (usage.landing_bytes + usage.raw_bytes) / GIGABYTE
    size = (
        f"{reports / MILLION:,.1f} million reports x {usage.landing_bytes + usage.raw_bytes:.1f} B"
    )
    for what, days, price in (
        ("landing and raw, hot", HOT_DAYS, prices.standard_gigabyte_month),
        ("landing and raw, archived", ARCHIVE_DAYS, prices.archive_gigabyte_month),
    ):
        how = f"{size} = {month:,.2f} GB a month x {days / DAYS:.1f} months x {price}"
        yield CostLine(what, how, month * days / DAYS * price)
    hot, cold = HOT_DAYS / DAYS, ARCHIVE_DAYS / DAYS
    cool, archive = prices.infrequent_gigabyte_month, prices.archive_gigabyte_month
    yield CostLine(
        "copy of landing and raw",
        f"{month:,.2f} GB x ({hot:.1f} months x {cool} + {cold:.1f} x {archive} + "
        f"{prices.region_gigabyte} transfer)",
        month * (hot * cool + cold * archive + prices.region_gigabyte),
    )


def _trusted(reports: float, usage: LakeUsage, prices: LakePrices) -> Iterator[CostLine]:
    month = reports * usage.trusted_bytes / GIGABYTE
    hot = min(INFREQUENT_ACCESS_AFTER_DAYS["trusted"] / DAYS, usage.trusted_months)
    cold = usage.trusted_months - hot
    hot_price, cold_price = prices.standard_gigabyte_month, prices.infrequent_gigabyte_month
    yield CostLine(
        f"trusted, {usage.trusted_months} months",
        f"{month:,.2f} GB a month x ({hot:.0f} months x {hot_price} + {cold:.0f} x {cold_price})",
        month * (hot * hot_price + cold * cold_price),
    )
    yield CostLine(
        "copy of trusted",
        f"{month:,.2f} GB x ({usage.trusted_months} months x {cold_price} + "
        f"{prices.region_gigabyte} transfer)",
        month * (usage.trusted_months * cold_price + prices.region_gigabyte),
    )


def _curated(cameras: int, usage: LakeUsage, prices: LakePrices) -> Iterator[CostLine]:
    """Daily marts: rows by location and hour, however many reports they are computed from."""
    month = cameras * DAYS * usage.curated_bytes_a_day / GIGABYTE
    hot = min(INFREQUENT_ACCESS_AFTER_DAYS["curated"] / DAYS, usage.curated_months)
    cold = usage.curated_months - hot
    hot_price, cold_price = prices.standard_gigabyte_month, prices.infrequent_gigabyte_month
    yield CostLine(
        f"curated, {usage.curated_months} months",
        f"{cameras:,} locations x {DAYS} days x {usage.curated_bytes_a_day:,.0f} B = "
        f"{month:,.3f} GB a month x ({hot:.1f} months x {hot_price} + {cold:.1f} x {cold_price})",
        month * (hot * hot_price + cold * cold_price),
    )


def _requests(reports: float, usage: LakeUsage, prices: LakePrices) -> Iterator[CostLine]:
    nightly_batches = max(1.0, reports / DAYS / usage.batch_reports)
    files = nightly_batches * DAYS * usage.tables
    each = (prices.write_thousand + prices.archive_thousand) / 1_000
    yield CostLine(
        "requests", f"{files:,.0f} files x ({each:.6f} to write and archive)", files * each
    )
    events = files * usage.requests_per_file
    yield CostLine(
        "data events",
        f"{events / MILLION:,.3f} million requests x {prices.event_million}/million",
        events / MILLION * prices.event_million,
    )


def _nightly(reports: float, usage: LakeUsage, prices: LakePrices) -> Iterator[CostLine]:
    hours = reports * usage.nightly_cpu_us / MILLION / 3_600
    price = prices.cpu_hour + 4 * prices.memory_gigabyte_hour
    yield CostLine(
        "nightly run",
        f"{reports / MILLION:,.1f} million reports x {usage.nightly_cpu_us:.0f} us = "
        f"{hours:,.2f} hours x {price:.4f}",
        hours * price,
    )
    if usage.spark_minutes:
        hour = (
            SPARK_CPUS * prices.spark_cpu_hour + SPARK_GIGABYTES * prices.spark_gigabyte_hour
        )  # fmt: skip
        yield CostLine(
            "marts on Spark",
            f"{DAYS} jobs x {usage.spark_minutes:,.0f} minutes x {hour:.4f} an hour",
            DAYS * usage.spark_minutes / 60 * hour,
        )


def _fixed(usage: LakeUsage, prices: LakePrices) -> Iterator[CostLine]:
    scanned = usage.scanned_gigabytes * GIGABYTE / TERABYTE
    yield CostLine(
        "queries",
        f"{usage.scanned_gigabytes:,.0f} GB read x {prices.scan_terabyte}/TB",
        scanned * prices.scan_terabyte,
    )
    watched = ALARMS * prices.alarm_month + METRICS * prices.metric_month + prices.dashboard_month
    yield CostLine(
        "keys and monitoring",
        f"{KEYS} keys x {prices.key_month} + {ALARMS} alarms, {METRICS} metrics, a dashboard = "
        f"{watched:.2f}",
        KEYS * prices.key_month + watched,
    )
