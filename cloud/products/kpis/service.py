"""Answers about key figures: from rows in memory, renewed when the lake has newer ones.

The lake is asked at most every few seconds. Newer rows are read beside the answers from the earlier
ones; when they cannot be read, or the database does not answer, the earlier rows stay in use and
the answer says since when and why.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

import duckdb
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cloud.database import reading
from cloud.database.failures import failure_sentence
from cloud.lake.file_checks import DamagedFileError
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_current, read_files
from cloud.lake.tables import Zone
from cloud.lru_cache import LruCache
from cloud.products.definitions.product import DataProduct, UnknownProductError
from cloud.products.kpis.definition import (
    Kpi,
    KpiSource,
    list_kpis,
    read_kpis,
    require_tables,
    trusted_name,
)
from cloud.products.kpis.rows import SourceRows, load_rows
from cloud.products.kpis.statement import Grain, KpiQuery, write_statement
from cloud.products.uploads.store import find_refusal
from cloud.suggestions import unknown_word

CHECK_EVERY: Final = timedelta(seconds=5)
MOST_ANSWERS: Final = 5_000
PASSING: Final = (
    SQLAlchemyError, OSError, DamagedFileError, duckdb.Error, UnknownProductError,
)  # fmt: skip


class KpiUnavailableError(RuntimeError):
    """There are no rows to answer from, with the reason."""


class KpiQueryError(ValueError):
    """The question names a dimension or an order that there is not."""


@dataclass(frozen=True, slots=True)
class KpiPoint:
    """The figure of one period; null: unknown. `is_complete`: the data reach beyond the period."""

    starts_on: date
    dimensions: Mapping[str, Any]
    value: int | float | None
    base: int | float | None
    is_complete: bool


@dataclass(frozen=True, slots=True)
class KpiAnswer:
    """Points of a figure; `problem` is why newer rows are not used."""

    points: Sequence[KpiPoint]
    total: int
    read_at: datetime
    last_on: date | None
    problem: str | None


@dataclass
class KpiService:
    """The figures of one product on one lake."""

    lake: Lake
    product: DataProduct
    start: Callable[[Callable[[], None]], None] = field(
        default=lambda work: threading.Thread(target=work, daemon=True).start()
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _held: dict[str, SourceRows] = field(default_factory=dict)
    _checked: dict[str, datetime] = field(default_factory=dict)
    _problems: dict[str, str | None] = field(default_factory=dict)
    _renewing: set[str] = field(default_factory=set)
    _answers: LruCache[KpiAnswer] = field(default_factory=lambda: LruCache(MOST_ANSWERS))

    def answer(self, kpi: Kpi, query: KpiQuery, now: datetime) -> KpiAnswer:
        """The points of a figure.

        Raises:
            KpiQueryError: a dimension or the order is not known.
            KpiUnavailableError: no rows could be read yet.
        """
        file = read_kpis(self.product.folder)
        assert file is not None
        source = file.sources[kpi.source]
        _check(query, source)
        rows = self._rows(kpi.source, source, now)
        problem = self._problems.get(kpi.source)
        key = (kpi.name, query, tuple(rows.snapshots.items()), problem)
        found = self._answers.get(key)
        if found is None:
            found = self._compute(kpi, query, source, rows, problem)
            self._answers.put(key, found)
        return found

    def _compute(
        self, kpi: Kpi, query: KpiQuery, source: KpiSource, rows: SourceRows, problem: str | None
    ) -> KpiAnswer:
        kpis = {one.name: one for one in list_kpis(self.product)}
        sql = write_statement(kpi, kpis, query, source.dimensions)
        with rows.connection.cursor() as cursor:
            found = cursor.execute(sql).fetchall()
        points = [
            KpiPoint(
                row[0], dict(zip(query.by, row[1:-3], strict=True)), row[-3], row[-2],
                is_complete=_is_complete(row[0], query.grain, rows.last_on),
            )
            for row in found
        ]  # fmt: skip
        return KpiAnswer(points, found[0][-1] if found else 0, rows.read_at, rows.last_on, problem)

    def _rows(self, name: str, source: KpiSource, now: datetime) -> SourceRows:
        held = self._held.get(name)
        if held is None:
            with self._lock:
                if name not in self._held:
                    self._renew(name, source, now)
            held = self._held.get(name)
            if held is None:
                raise KpiUnavailableError(self._problems.get(name) or "no rows could be read")
            return held
        with self._lock:
            is_due = now - self._checked[name] >= CHECK_EVERY and name not in self._renewing
            if is_due:
                self._renewing.add(name)
        if is_due:
            self.start(lambda: self._renew_beside(name, source, now))
        return held

    def _renew_beside(self, name: str, source: KpiSource, now: datetime) -> None:
        try:
            self._renew(name, source, now)
        finally:
            self._renewing.discard(name)

    def _renew(self, name: str, source: KpiSource, now: datetime) -> None:
        try:
            held = self._held.get(name)
            snapshots, files, refusal = self._read_manifest(source)
            if held is None or held.snapshots != snapshots:
                self._held[name] = load_rows(self.lake, self.product, source, files, snapshots, now)
            self._problems[name] = refusal
        except PASSING as error:
            self._problems[name] = _describe(error)
        self._checked[name] = now

    def _read_manifest(
        self, source: KpiSource
    ) -> tuple[dict[str, int], dict[str, Any], str | None]:
        """Snapshots and files of the tables, and why the newest load of one was refused."""
        require_tables(self.product, source)
        tables = [source.table, *(join.table for join in source.joins)]
        names = [trusted_name(one) for one in tables]
        with reading(self.lake.engine) as connection:
            snapshots = {name: read_current(connection, name) for name in names}
            files = {name: read_files(connection, name, at=snapshots[name]) for name in names}
            refusals = [find_refusal(connection, f"{Zone.RAW}.{one}") for one in tables]
        return snapshots, files, "; ".join(filter(None, refusals)) or None


def _check(query: KpiQuery, source: KpiSource) -> None:
    for name in (*query.by, *(name for name, _ in query.filters)):
        if name not in source.dimensions:
            raise KpiQueryError(unknown_word("dimension", name, source.dimensions))
    orders = ("starts_on", "value", *query.by)
    if query.order.lstrip("-") not in orders:
        raise KpiQueryError(unknown_word("order", query.order, orders))


def _describe(error: Exception) -> str:
    if isinstance(error, DBAPIError):
        return failure_sentence(error)
    return str(error).strip().splitlines()[0]


def _is_complete(starts_on: date, grain: Grain, last_on: date | None) -> bool:
    """Whether there are rows of the last day of the period, or of later ones."""
    return last_on is not None and last_on >= _last_day(starts_on, grain)


def _last_day(starts_on: date, grain: Grain) -> date:
    if grain is Grain.DAY:
        return starts_on
    if grain is Grain.WEEK:
        return starts_on + timedelta(days=6)
    months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[grain]
    month = starts_on.month - 1 + months
    return date(starts_on.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
