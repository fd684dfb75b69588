"""How well each camera measured an hour, as shares, and what is usual at that hour of the week."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from cloud.alerting.rules import FEWEST_QUALITY_WEEKS, VISION_CAUSES, QualityShare, UsualRange
from cloud.database import hour_tallies

ENOUGH_TIME_MS: Final = 30 * 60_000  # a share of less says nothing
ENOUGH_PEOPLE_MS: Final = 5 * 60_000
ENOUGH_FRAMES: Final = 1_000
ENOUGH: Final = (ENOUGH_TIME_MS, ENOUGH_PEOPLE_MS, ENOUGH_FRAMES)

CameraKey = tuple[str, str]  # location, device


def read_quality_shares(
    connection: Connection, hour_at: int
) -> dict[CameraKey, dict[QualityShare, float]]:
    """The shares of each camera that can be told of one hour."""
    cells = hour_tallies.c
    parts = [part for pair in _parts() for part in pair]
    rows = connection.execute(
        select(cells.location, cells.device, *parts).where(cells.hour_at == hour_at)
    )
    return {
        (location, device): {
            quality: part / whole
            for quality, part, whole, enough in zip(
                QualityShare, sums[::2], sums[1::2], ENOUGH, strict=True
            )
            if whole >= enough
        }
        for location, device, *sums in rows
    }


def read_usual_ranges(
    connection: Connection, hours: Sequence[int]
) -> dict[CameraKey, dict[QualityShare, UsualRange]]:
    """Between what and what the shares of each camera were in these hours."""
    cells = hour_tallies.c
    parts = [part for pair in _parts() for part in pair]
    rows = connection.execute(
        select(cells.location, cells.device, *parts).where(cells.hour_at.in_(hours))
    )
    found: dict[CameraKey, dict[QualityShare, list[float]]] = {}
    for location, device, *sums in rows:
        by_quality = found.setdefault((location, device), {})
        for quality, part, whole, enough in zip(
            QualityShare, sums[::2], sums[1::2], ENOUGH, strict=True
        ):
            if whole >= enough:
                by_quality.setdefault(quality, []).append(part / whole)
    return {
        key: {quality: usual_range(shares) for quality, shares in by_quality.items()}
        for key, by_quality in found.items()
    }


def usual_range(shares: Sequence[float]) -> UsualRange:
    """The least and the most, without one extreme hour at either end where enough are left."""
    ordered = sorted(shares)
    kept = ordered[1:-1] if len(ordered) >= FEWEST_QUALITY_WEEKS + 2 else ordered
    return UsualRange(len(ordered), kept[0], kept[-1])


def _parts() -> list[tuple[ColumnElement[Any], ColumnElement[Any]]]:
    """Part and whole of each quality, in their order."""
    cells = hour_tallies.c
    blind: ColumnElement[Any] = reduce(add, (cells[f"blind_{cause}_ms"] for cause in VISION_CAUSES))
    return [
        (blind, blind + cells.observed_ms),
        (cells.unsure_ms, cells.person_ms),
        (cells.frames_dropped, cells.frames_captured),
    ]
