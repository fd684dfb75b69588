"""Estimates the monthly cost of a fleet on AWS, line by line, with the arithmetic.

The prices are list prices as published for us-east-1 up to 2023. They differ by region, change, and
were not checked against a bill. Not included: free tiers, the lake (see `lake/cost.py`), the
database, the traffic of the load balancer, support.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

DAYS: Final = 30
HOURS: Final = 24 * DAYS
MINUTES: Final = 60 * HOURS
METERED_BYTES: Final = 5 * 1024  # AWS IoT charges one message per started 5 KB
MILLION: Final = 1_000_000
GIGABYTE: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars."""

    connection_million_minutes: float = 0.08
    message_million: float = 1.00
    rule_million: float = 0.15
    action_million: float = 0.15
    stream_hour: float = 0.04
    stream_in_gigabyte: float = 0.08
    stream_out_gigabyte: float = 0.04
    cpu_hour: float = 0.04048
    memory_gigabyte_hour: float = 0.004445
    balancer_hour: float = 0.0225
    key_month: float = 1.00


@dataclass(frozen=True, slots=True)
class UsageProfile:
    """What one camera sends: sizes in bytes, rates per minute."""

    report_bytes: int = 1_100
    reports_per_minute: float = 1.0
    reports_per_message: int = 1
    heartbeats_per_minute: float = 1.0
    heartbeat_bytes: int = 700
    acknowledgement_bytes: int = 300
    basic_ingest: bool = False


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of the estimate: item, calculation, US dollars a month."""

    what: str
    how: str
    usd: float


def estimate(cameras: int, usage: UsageProfile, prices: Prices) -> list[CostLine]:
    """Estimate a month for this number of cameras."""
    return [*_iot(cameras, usage, prices), *_stream(cameras, usage, prices), *_programs(prices)]


def _iot(cameras: int, usage: UsageProfile, prices: Prices) -> Iterator[CostLine]:
    minutes = cameras * MINUTES
    yield CostLine(
        "connections",
        f"{cameras} cameras x {MINUTES:,} minutes x {prices.connection_million_minutes}/million",
        minutes / MILLION * prices.connection_million_minutes,
    )
    reports = minutes * usage.reports_per_minute / usage.reports_per_message
    beats = minutes * usage.heartbeats_per_minute
    metered_reports = reports * _metered(usage.report_bytes * usage.reports_per_message)
    up = 0.0 if usage.basic_ingest else metered_reports + beats * _metered(usage.heartbeat_bytes)
    down = reports * _metered(usage.acknowledgement_bytes)
    yield CostLine(
        "messages",
        f"{up / MILLION:,.2f} million up{' (Basic Ingest)' if usage.basic_ingest else ''} + "
        f"{down / MILLION:,.2f} million acknowledgements x {prices.message_million}/million",
        (up + down) / MILLION * prices.message_million,
    )
    handled = reports + beats
    each = prices.rule_million + prices.action_million
    yield CostLine(
        "rules and their actions",
        f"{handled / MILLION:,.2f} million x ({prices.rule_million} + {prices.action_million})",
        handled / MILLION * each,
    )


def _stream(cameras: int, usage: UsageProfile, prices: Prices) -> Iterator[CostLine]:
    bytes_a_minute = (
        (
            usage.report_bytes * usage.reports_per_minute
            + usage.heartbeat_bytes * usage.heartbeats_per_minute
        )
        * 4
        / 3
    )  # base64 in the stream
    gigabytes = cameras * MINUTES * bytes_a_minute / GIGABYTE
    yield CostLine(
        "Kinesis",
        f"{HOURS} hours x {prices.stream_hour} + {gigabytes:,.1f} GB x "
        f"({prices.stream_in_gigabyte} in + {prices.stream_out_gigabyte} out)",
        HOURS * prices.stream_hour
        + gigabytes * (prices.stream_in_gigabyte + prices.stream_out_gigabyte),
    )


def _programs(prices: Prices) -> Iterator[CostLine]:
    task = 0.5 * prices.cpu_hour + 1.0 * prices.memory_gigabyte_hour
    yield CostLine("stream and API", f"3 tasks x {HOURS} hours x {task:.4f}", 3 * HOURS * task)
    yield CostLine(
        "load balancer and key",
        f"{HOURS} hours x {prices.balancer_hour} + {prices.key_month}",
        HOURS * prices.balancer_hour + prices.key_month,
    )


def _metered(size_bytes: int) -> int:
    return -(-size_bytes // METERED_BYTES)
