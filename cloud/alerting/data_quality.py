"""The measurement quality of each camera in an hour, as shares, and its usual range."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from cloud.alerting.rules import MIN_QUALITY_WEEKS, VISION_CAUSES, QualityShare, UsualRange
from cloud.database import hour_tallies

MIN_TIME_MS: Final = 30 * 60_000  # less gives no meaningful share
MIN_PERSON_MS: Final = 5 * 60_000
MIN_FRAMES: Final = 1_000
MIN_WHOLES: Final = (MIN_TIME_MS, MIN_PERSON_MS, MIN_FRAMES)

CameraKey = tuple[str, str]  # location, device


def read_quality_shares(
    connection: Connection, hour_at: int
) -> dict[CameraKey, dict[QualityShare, float]]:
    """The quality shares of each camera in one hour."""
    cells = hour_tallies.c
    parts = [part for pair in _parts() for part in pair]
    rows = connection.execute(
        select(cells.location, cells.device, *parts).where(cells.hour_at == hour_at)
    )
    return {
        (location, device): {
            quality: part / whole
            for quality, part, whole, least in zip(
                QualityShare, sums[::2], sums[1::2], MIN_WHOLES, strict=True
            )
            if whole >= least
        }
        for location, device, *sums in rows
    }


def read_usual_ranges(
    connection: Connection, hours: Sequence[int]
) -> dict[CameraKey, dict[QualityShare, UsualRange]]:
    """The range of the shares of each camera in these hours."""
    cells = hour_tallies.c
    parts = [part for pair in _parts() for part in pair]
    rows = connection.execute(
        select(cells.location, cells.device, *parts).where(cells.hour_at.in_(hours))
    )
    found: dict[CameraKey, dict[QualityShare, list[float]]] = {}
    for location, device, *sums in rows:
        by_quality = found.setdefault((location, device), {})
        for quality, part, whole, least in zip(
            QualityShare, sums[::2], sums[1::2], MIN_WHOLES, strict=True
        ):
            if whole >= least:
                by_quality.setdefault(quality, []).append(part / whole)
    return {
        key: {quality: usual_range(shares) for quality, shares in by_quality.items()}
        for key, by_quality in found.items()
    }


def usual_range(shares: Sequence[float]) -> UsualRange:
    """The range, without one extreme hour at either end where enough hours remain."""
    ordered = sorted(shares)
    inner = ordered[1:-1] if len(ordered) >= MIN_QUALITY_WEEKS + 2 else ordered
    return UsualRange(len(ordered), inner[0], inner[-1])


def _parts() -> list[tuple[ColumnElement[Any], ColumnElement[Any]]]:
    """Part and whole of each quality, in their order."""
    cells = hour_tallies.c
    unobserved: ColumnElement[Any] = reduce(
        add, (cells[f"blind_{cause}_ms"] for cause in VISION_CAUSES)
    )
    return [
        (unobserved, unobserved + cells.observed_ms),
        (cells.unsure_ms, cells.person_ms),
        (cells.frames_dropped, cells.frames_captured),
    ]
