"""Metrics of a run as a file for the textfile collector of Prometheus' node exporter.

A program that ends cannot be scraped, so its metrics outlive it in a file.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from cloud.nightly.steps import StepRecord, StepStatus


def write_metrics(
    path: Path, records: Iterable[StepRecord], last_completed_at: datetime | None
) -> None:
    """Replace the file at once: a reader sees the earlier metrics or the new ones."""
    registry = CollectorRegistry()
    seconds = Gauge(
        "onlooker_nightly_step_seconds", "Duration of a step, attempts included", ["step"],
        registry=registry,
    )  # fmt: skip
    rows = Gauge(
        "onlooker_nightly_step_rows", "Rows that a step wrote", ["step"], registry=registry
    )
    done = Gauge(
        "onlooker_nightly_step_done", "1: the step is done, 0: it is not", ["step"],
        registry=registry,
    )  # fmt: skip
    for record in records:
        done.labels(record.name).set(record.status is StepStatus.DONE)
        if record.ended_at is not None:
            seconds.labels(record.name).set((record.ended_at - record.started_at).total_seconds())
        if record.rows is not None:
            rows.labels(record.name).set(record.rows)
    if last_completed_at is not None:
        Gauge(
            "onlooker_nightly_completed_timestamp_seconds", "When the last complete run ended",
            registry=registry,
        ).set(last_completed_at.timestamp())  # fmt: skip
    write_to_textfile(str(path), registry)
