"""Refused requests in the audit log, at a bounded rate, in transactions of their own.

A refused request has no transaction left, so its entry is written after the answer. Entries of
requests that are refused at the same time are written together, by one thread. A database that
cannot be written to loses entries, never an answer: they are counted as left out.

An entry names the caller, the route, the object of the path, the status and the reason. It has no
part of the body or of the query. Each caller has 60 entries an hour and a process 600, so a few
callers cannot use up the budget of all; the caller's next entry says how many were left out.
"""

import logging
import re
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cloud import database
from cloud.auth import audit
from cloud.auth.entry_budget import EntryBudget
from cloud.auth.quota import Quota
from cloud.database.failures import failure_of
from cloud.lru_cache import LruCache

log = logging.getLogger(__name__)

REFUSE: Final = "request.refuse"
NO_OBJECT: Final = "-"
OF_CALLER: Final = Quota(60, timedelta(hours=1))
OF_PROCESS: Final = Quota(600, timedelta(hours=1))
MAX_CALLERS: Final = 1_000
MAX_WAITING: Final = 100
MAX_NAME: Final = 120
_UNPRINTABLE: Final = re.compile(r"[^A-Za-z0-9._:/@+-]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was refused; `about` is the object that its path names."""

    at: datetime
    caller: str
    method: str
    route: str
    status: int
    reason: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class RefusalRates:
    """How many entries a caller and a process may cause."""

    of_caller: Quota = OF_CALLER
    of_process: Quota = OF_PROCESS


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A refusal to write, the caller's budget, and how many were left out before it."""

    refusal: Refusal
    budget: EntryBudget
    left_out: int


@dataclass
class RefusalLog:
    """Refusals of one process that wait to be written."""

    rates: RefusalRates = field(default_factory=RefusalRates)

    def __post_init__(self) -> None:
        self._of_process = EntryBudget(self.rates.of_process)
        self._of_callers: LruCache[EntryBudget] = LruCache(MAX_CALLERS)
        self._waiting: deque[_Waiting] = deque()
        self._is_writing = False
        self._lock = threading.Lock()

    def add(self, refusal: Refusal) -> bool:
        """Add a refusal within its budget; whether the caller must call `write_waiting`.

        Never waits: another thread may be writing, which writes this one too.
        """
        budget = self._of_callers.get(refusal.caller)
        if budget is None:
            budget = self._of_callers.put(refusal.caller, EntryBudget(self.rates.of_caller))
        left_out = budget.take(refusal.at)
        if left_out is None:
            return False
        with self._lock:
            is_full = len(self._waiting) >= MAX_WAITING
            if is_full or self._of_process.take(refusal.at) is None:
                budget.add_left_out(left_out + 1)
                return False
            self._waiting.append(_Waiting(refusal, budget, left_out))
            must_write, self._is_writing = not self._is_writing, True
            return must_write

    def write_waiting(self, engine: Engine) -> None:
        """Write what waits, until nothing does; a failing database is logged."""
        while batch := self._take_batch():
            try:
                with database.writing(engine) as connection:
                    audit.record_changes(connection, [_to_entry(one) for one in batch])
            except SQLAlchemyError as error:  # also when no connection of the pool becomes free
                _count_lost(batch)
                reason = _describe_failure(error)
                log.warning("refusals.not_recorded", extra={"count": len(batch), "reason": reason})
            except BaseException:
                with self._lock:
                    self._is_writing = False
                raise

    def _take_batch(self) -> Sequence[_Waiting]:
        with self._lock:
            batch = tuple(self._waiting)
            self._waiting.clear()
            self._is_writing = bool(batch)
            return batch


def _to_entry(one: _Waiting) -> audit.NewAuditEntry:
    refusal = one.refusal
    details: dict[str, Any] = {
        "method": refusal.method,
        "route": refusal.route[:MAX_NAME],
        "status": refusal.status,
        "reason": refusal.reason[:MAX_NAME],
        "left_out": one.left_out,
    }
    about = _UNPRINTABLE.sub("?", refusal.about)[:MAX_NAME] or NO_OBJECT
    return audit.NewAuditEntry(refusal.at, refusal.caller[:MAX_NAME], REFUSE, about, details)


def _describe_failure(error: SQLAlchemyError) -> str:
    return failure_of(error) if isinstance(error, DBAPIError) else type(error).__name__


def _count_lost(batch: Sequence[_Waiting]) -> None:
    for one in batch:
        one.budget.add_left_out(one.left_out + 1)
