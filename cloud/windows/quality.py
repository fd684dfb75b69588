"""How well each camera measured an hour, as shares, and what is usual at that hour of the week."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Float, case, cast, func, select

from cloud.database import hour_tallies
from cloud.windows.anomalies import SEEING, Quality, Span

ENOUGH_TIME_MS: Final = 30 * 60_000  # a share of less says nothing
ENOUGH_PEOPLE_MS: Final = 5 * 60_000
ENOUGH_FRAMES: Final = 1_000
ENOUGH: Final = (ENOUGH_TIME_MS, ENOUGH_PEOPLE_MS, ENOUGH_FRAMES)

CameraKey = tuple[str, str]  # location, device


def shares(connection: Connection, hour_at: int) -> dict[CameraKey, dict[Quality, float]]:
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
                Quality, sums[::2], sums[1::2], ENOUGH, strict=True
            )
            if whole >= enough
        }
        for location, device, *sums in rows
    }


def usual(connection: Connection, hours: Sequence[int]) -> dict[CameraKey, dict[Quality, Span]]:
    """Between what and what the shares of each camera were in these hours."""
    cells = hour_tallies.c
    told = [
        case((whole >= enough, cast(part, Float) / whole))
        for (part, whole), enough in zip(_parts(), ENOUGH, strict=True)
    ]
    figures = [figure(share) for share in told for figure in (func.count, func.min, func.max)]
    rows = connection.execute(
        select(cells.location, cells.device, *figures)
        .where(cells.hour_at.in_(hours))
        .group_by(cells.location, cells.device)
    )
    return {
        (location, device): {
            quality: Span(*found[3 * place : 3 * place + 3])
            for place, quality in enumerate(Quality)
            if found[3 * place]
        }
        for location, device, *found in rows
    }


def _parts() -> list[tuple[ColumnElement[Any], ColumnElement[Any]]]:
    """Part and whole of each quality, in their order."""
    cells = hour_tallies.c
    blind: ColumnElement[Any] = reduce(add, (cells[f"blind_{cause}_ms"] for cause in SEEING))
    return [
        (blind, blind + cells.observed_ms),
        (cells.unsure_ms, cells.person_ms),
        (cells.frames_dropped, cells.frames_captured),
    ]
