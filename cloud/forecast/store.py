"""Tables of forecasts, their scores and trained models.

`forecast_weeks` has one row for each site and local day on which a week was forecast. Rows are
never rewritten, so that a score is always that of the published forecast.
"""

import logging
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Float,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    exists,
    insert,
    select,
)

from cloud import database
from cloud.database import total
from cloud.forecast.basis import BasisError, WeekBasis
from cloud.forecast.history.hours import Measures
from cloud.forecast.scores import ScoreSums
from cloud.forecast.series import WEEK_H, Floats

log = logging.getLogger(__name__)
SHAPE: Final = (len(Measures._fields), 3, WEEK_H)

forecast_weeks = Table(
    "forecast_weeks",
    database.metadata,
    Column("location", String(63), primary_key=True),
    Column("first_on", Date, primary_key=True),  # local day
    Column("model", String(40), nullable=False),
    Column("made_at", database.Instant, nullable=False),
    Column("cutoff_at", database.Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),  # float32 (measures, quantiles, hours), deflated
    Column(
        "usual", LargeBinary
    ),  # likewise: every week after the first; null in rows of older versions
    Column("basis", Text),  # WeekBasis as JSON
    Column("zone", String(64)),  # of the local day; null in rows of older versions
)

forecast_scores = Table(
    "forecast_scores",
    database.metadata,
    Column("location", String(63), primary_key=True),
    Column("first_on", Date, primary_key=True),
    Column("measure", String(20), primary_key=True),
    Column("model", String(40), nullable=False),
    *(Column(name, Float, nullable=False) for name in ScoreSums.__slots__),
)

forecast_models = Table(
    "forecast_models",
    database.metadata,
    Column("network", String(63), primary_key=True),
    Column("trained_at", database.Instant, nullable=False),
    Column("body", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class StoredWeek:
    """A stored forecast: (measures, 3, 168) from local midnight of `first_on`.

    `cutoff_at` is the end of the newest observed hour that it uses. `usual` repeats after
    the first seven days.
    """

    location: str
    first_on: date
    model: str
    made_at: datetime
    cutoff_at: datetime
    week: Floats
    usual: Floats | None = None
    basis: WeekBasis | None = None
    zone: str | None = None


def store_weeks(connection: Connection, weeks: Iterable[StoredWeek]) -> None:
    """Store forecasts; their sites have none of that day yet."""
    rows = [
        {
            "location": week.location,
            "first_on": week.first_on,
            "model": week.model,
            "made_at": week.made_at,
            "cutoff_at": week.cutoff_at,
            "body": _pack(week.week),
            "usual": None if week.usual is None else _pack(week.usual),
            "basis": None if week.basis is None else week.basis.to_text(),
            "zone": week.zone,
        }
        for week in weeks
    ]
    if rows:
        connection.execute(insert(forecast_weeks), rows)


def read_week(
    connection: Connection, location: str, first_on: date, zone: str | None = None
) -> StoredWeek | None:
    """The stored forecast of a site and a day; with a zone, only one on that clock."""
    weeks = forecast_weeks.c
    wanted = select(forecast_weeks).where(weeks.location == location, weeks.first_on == first_on)
    if zone is not None:
        wanted = wanted.where(weeks.zone.is_(None) | (weeks.zone == zone))
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else _read(row)


def list_sites_done(
    connection: Connection, first_on: date, zones: Mapping[str, str]
) -> frozenset[str]:
    """The sites with a stored forecast of that day on their present clock (id -> zone)."""
    weeks = forecast_weeks.c
    wanted = select(weeks.location, weeks.zone).where(weeks.first_on == first_on)
    return frozenset(
        location
        for location, zone in connection.execute(wanted)
        if zone is None or zone == zones.get(location)
    )


def read_unscored_weeks(
    connection: Connection, locations: Sequence[str], before: date
) -> list[StoredWeek]:
    """Forecasts of sites for days before `before` that have no scores, oldest first."""
    weeks, scores = forecast_weeks.c, forecast_scores.c
    scored = exists().where(scores.location == weeks.location, scores.first_on == weeks.first_on)
    wanted = (
        select(forecast_weeks)
        .where(weeks.location.in_(locations), weeks.first_on < before, ~scored)
        .order_by(weeks.first_on)
    )
    found = (_read(row) for row in connection.execute(wanted).mappings())
    return [week for week in found if week is not None]


def store_scores(connection: Connection, scored: Iterable[tuple[StoredWeek, ScoreSums]]) -> None:
    """Store the scores of forecasts, a row for each measure."""
    rows = [
        {
            "location": week.location,
            "first_on": week.first_on,
            "measure": measure,
            "model": week.model,
            **{name: float(getattr(sums, name)[at]) for name in ScoreSums.__slots__},
        }
        for week, sums in scored
        for at, measure in enumerate(Measures._fields)
    ]
    if rows:
        connection.execute(insert(forecast_scores), rows)


def read_scoreboard(connection: Connection) -> list[dict[str, Any]]:
    """WQL, WAPE and coverage of each model and measure over all scored weeks."""
    scores = forecast_scores.c
    summed = {name: total(scores[name]) for name in ScoreSums.__slots__}
    rows = connection.execute(
        select(scores.model, scores.measure, *(one.label(name) for name, one in summed.items()))
        .group_by(scores.model, scores.measure)
        .order_by(scores.model, scores.measure)
    )
    return [_line(row) for row in rows.mappings()]


def store_model(connection: Connection, network: str, trained_at: datetime, body: str) -> None:
    """Store the trained model of a network in place of the one before."""
    connection.execute(delete(forecast_models).where(forecast_models.c.network == network))
    row = {"network": network, "trained_at": trained_at, "body": body}
    connection.execute(insert(forecast_models).values(row))


def read_model(connection: Connection, network: str) -> tuple[datetime, str] | None:
    """The trained model of a network, and when it was trained."""
    wanted = select(forecast_models).where(forecast_models.c.network == network)
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else (row["trained_at"], row["body"])


def _pack(week: Floats) -> bytes:
    return zlib.compress(week.astype("<f4").tobytes())


def unpack_week(body: bytes) -> Floats:
    """A stored week again, (measures, 3, 168); zlib.error or ValueError when it is damaged."""
    week = np.frombuffer(zlib.decompress(body), dtype="<f4").astype(np.float64).reshape(SHAPE)
    if not np.isfinite(week).all():
        raise ValueError("a value is not a finite number")
    return week


def _read(row: Any) -> StoredWeek | None:
    """A forecast; None for a damaged row, which is logged."""
    names = ("location", "first_on", "model", "made_at", "cutoff_at", "zone")
    try:
        return StoredWeek(
            **{name: row[name] for name in names},
            week=unpack_week(row["body"]),
            usual=None if row["usual"] is None else unpack_week(row["usual"]),
            basis=None if row["basis"] is None else WeekBasis.from_text(row["basis"]),
        )
    except (zlib.error, ValueError, BasisError) as error:
        where = {"location": row["location"], "first_on": str(row["first_on"])}
        log.warning("forecast.bad_week", extra={**where, "reason": str(error)})
        return None


def _line(row: Any) -> dict[str, Any]:
    """Figures over no people or no hours are null, not zero."""
    truth, hours = row["truth"], row["hours"]
    return {
        "model": row["model"],
        "measure": row["measure"],
        "hours": int(hours),
        "wql": 2 * row["pinball"] / 3 / truth if truth else None,
        "wape": row["absolute"] / truth if truth else None,
        "coverage": row["inside"] / hours if hours else None,
    }
