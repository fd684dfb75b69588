"""Processes that fight for the same slots, are killed at random, and send their requests again.

Each worker sends a fixed sequence of requests, each with its own idempotency key. A worker that was
killed is started again with the same sequence, so that it repeats the keys that it has used.
"""

import hashlib
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from sqlalchemy import Connection as Transaction
from sqlalchemy import Engine, func, select

from cloud import database
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import IdempotentRequest
from cloud.app.idempotency.key_store import KeyedRequest, KeyInUse, KeyReused, Reply
from cloud.booking.capacity import release
from cloud.booking.holds import (
    BookingHold,
    BookingHoldState,
    HoldEndedError,
    HoldLimitError,
    HoldPolicy,
    book_hold,
    extend_hold,
    place_hold,
    release_hold,
)
from cloud.booking.slots import DeliveryType, NotAvailableError, SlotDemand
from cloud.booking.sweep import sweep
from cloud.booking.verification import BookingReport, verify_bookings
from cloud.database.holds import booking_holds
from tests.cloud.booking.capacity_data import SITES
from tests.cloud.rates import CARD
from wire.clock import utc_now

LOCATIONS = ("KX-01", "LB-01", "WA-01", "OX-01")
HOURS = 50
POLICY = HoldPolicy(
    period=timedelta(milliseconds=150), longest=timedelta(milliseconds=500), extensions=3,
    holds=1_000, slots=1_000_000,
)  # fmt: skip
REFUSED = (HoldEndedError, HoldLimitError, NotAvailableError, KeyInUse)
FIRST_S = int(utc_now().timestamp()) // 3600 * 3600 + 48 * 3600
PROCESSES = multiprocessing.get_context("fork")


@dataclass
class Worker:
    """One process: its requests follow from its number."""

    number: int
    engine: Engine
    answers: Counter[str] = field(default_factory=Counter)
    placed: list[str] = field(default_factory=list)
    booked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context = AppContext(self.engine, SITES, CARD)
        self.random = random.Random(self.number)

    def work(self, requests: int) -> None:
        for number in range(requests):
            self.request(f"{self.number}-{number}")

    def request(self, key: str) -> None:
        """Send one request; every answer other than a success or a refusal raises."""
        change = self.choose(key)
        request = hashlib.sha256(f"{key} {change.__name__}".encode()).hexdigest()
        keyed = IdempotentRequest(KeyedRequest("a", "fight", key, request))
        try:
            keyed.run(self.context, change)
            self.answers["200"] += 1
        except REFUSED:
            self.answers["409"] += 1
        except KeyReused:
            self.answers["422"] += 1
        if self.random.random() < 0.1:
            sweep(self.engine, utc_now())

    def choose(self, key: str) -> Callable[[Transaction], Reply]:
        draw, which = self.random.random(), self.random.random()
        slots = self.random_slots()
        hold = self.placed[int(which * len(self.placed))] if self.placed else None
        line = self.booked[int(which * len(self.booked))] if self.booked else None

        def place(connection: Transaction) -> Reply:
            name = hashlib.md5(key.encode()).hexdigest()
            place_hold(connection, SITES, new_hold(name, key, slots), policy=POLICY)
            self.placed.append(name)
            return Reply(201, b"{}", {})

        def book(connection: Transaction) -> Reply:
            assert hold is not None
            book_hold(connection, hold, None, f"line-{key}", now=utc_now())
            self.booked.append(f"line-{key}")
            return Reply(200, b"{}", {})

        def extend(connection: Transaction) -> Reply:
            assert hold is not None
            extend_hold(connection, hold, None, now=utc_now(), policy=POLICY)
            return Reply(200, b"{}", {})

        def let_go(connection: Transaction) -> Reply:
            assert hold is not None
            release_hold(connection, hold, None, utc_now())
            return Reply(200, b"{}", {})

        def cancel(connection: Transaction) -> Reply:
            assert line is not None
            release(connection, line, from_s=FIRST_S if draw < 0.95 else FIRST_S + 25 * 3600)
            return Reply(200, b"{}", {})

        if hold is None or draw < 0.5:
            return place
        if line is not None and draw > 0.9:
            return cancel
        return book if draw < 0.7 else extend if draw < 0.8 else let_go

    def random_slots(self) -> tuple[SlotDemand, ...]:
        count = self.random.randint(1, 12)
        places = self.random.sample(range(len(LOCATIONS) * HOURS), count)
        positions = self.random.randint(1, 4)
        return tuple(
            SlotDemand(LOCATIONS[at % 4], FIRST_S + at // 4 * 3600, positions) for at in places
        )


def new_hold(name: str, key: str, slots: tuple[SlotDemand, ...]) -> BookingHold:
    now = utc_now()
    return BookingHold(
        id=name, account="a", created_by=key, created_at=now, expires_at=now + POLICY.period,
        latest_at=now + POLICY.longest, extensions=0, state=BookingHoldState.HELD, ended_at=None,
        quote=None, delivery=DeliveryType.GUARANTEED, slots=slots,
    )  # fmt: skip


@dataclass(frozen=True)
class FightResult:
    """What the database has after the fight, and what the workers were answered."""

    report: BookingReport
    answers: Counter[str]
    exit_codes: Counter[int]
    holds: int
    repeated_keys: int


def fight(url: str, *, workers: int, requests: int, kills: int, seed: int = 7) -> FightResult:
    """Let workers fight, kill some of them and start these again; then compare the tables."""
    chance = random.Random(seed)
    running = {number: _start(url, number, requests) for number in range(workers)}
    for _ in range(kills):
        time.sleep(chance.uniform(0.02, 0.12))
        number = chance.randrange(workers)
        if (victim := running[number][0]).is_alive():
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()
            running[number] = _start(url, number, requests)
    total: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    for worker, answers in running.values():
        worker.join()
        codes[worker.exitcode] += 1
        if worker.exitcode == 0:
            total += answers.recv()
    return _compare(url, total, codes)


def _start(url: str, number: int, requests: int) -> tuple[BaseProcess, Connection]:
    """A worker, and where its answers arrive; of its own, since a killed writer holds locks."""
    answers, sent = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_run, args=(url, number, requests, sent))
    process.start()
    sent.close()
    return process, answers


def _run(url: str, number: int, requests: int, answers: Connection) -> None:
    engine = database.connect(url)
    worker = Worker(number, engine)
    worker.work(requests)
    engine.dispose()
    answers.send(worker.answers)


def _compare(url: str, answers: Counter[str], codes: Counter[int]) -> FightResult:
    engine = database.connect(url)
    sweep(engine, utc_now() + timedelta(minutes=1))
    columns = booking_holds.c
    repeated = select(columns.created_by).group_by(columns.created_by).having(func.count() > 1)
    with database.reading(engine) as connection:
        result = FightResult(
            verify_bookings(connection, SITES, utc_now()),
            answers,
            codes,
            connection.execute(select(func.count()).select_from(booking_holds)).scalar_one(),
            len(connection.execute(repeated).all()),
        )
    engine.dispose()
    return result
