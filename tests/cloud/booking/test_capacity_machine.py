"""Any sequence of takes, releases, expiries and displacements leaves a ledger that fits the slots.

A model in plain dictionaries says what each line has; the tables must agree after every step.
"""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine, select

from cloud import database
from cloud.booking.capacity import confirm, extend, release, take
from cloud.booking.preemption import take_or_displace
from cloud.booking.returns import sweep_expired
from cloud.booking.slots import DeliveryType, NotAvailableError
from cloud.booking.takes import NotHeldError, Take, TakeState
from cloud.booking.transfers import transfer
from cloud.database.bookings import booking_slots
from tests.cloud.booking.capacity_data import (
    EIGHT_S,
    HOUR,
    NOW,
    SITES,
    demand,
    ledger_sums,
    slot_sums,
    with_positions,
)
from tests.cloud.booking.conftest import TABLES

LINES = st.sampled_from("abcde")
HOURS = st.sets(st.integers(0, 3), min_size=1)
POSITIONS = st.integers(1, 4)


class CapacityMachine(RuleBasedStateMachine):
    """Five lines and four hours of one screen with four or six positions."""

    @initialize()
    def open(self) -> None:
        self.engine = create_engine("sqlite://")
        self.connection = self.engine.connect()
        database.metadata.create_all(self.connection, tables=TABLES)
        self.now = NOW
        self.sites = SITES
        self.positions = 6
        self.held: dict[str, dict[int, int]] = {}
        self.until: dict[str, object] = {}
        self.preemptible: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()
            self.engine.dispose()

    def used(self, hour: int) -> int:
        return sum(some.get(hour, 0) for line, some in self.held.items() if self.is_live(line))

    def is_live(self, line: str) -> bool:
        return self.until[line] is None or self.until[line] > self.now

    @rule(line=LINES, hours=HOURS, positions=POSITIONS, held=st.booleans(), low=st.booleans())
    def take(self, line, hours, positions, held, low) -> None:
        until = self.now + HOUR if held else None
        delivery = DeliveryType.PREEMPTIBLE if low else DeliveryType.GUARANTEED
        fits = all(self.used(hour) + positions <= self.positions for hour in hours)
        try:
            take(
                self.connection, self.sites, demand(sorted(hours), positions), line_id=line,
                until=until, now=self.now, delivery=delivery,
            )  # fmt: skip
        except NotAvailableError as refused:
            assert not fits
            short = {(one.starts_at_s - EIGHT_S) // 3600: one.free for one in refused.slots}
            assert short == {
                hour: max(0, self.positions - self.used(hour))
                for hour in hours
                if self.used(hour) + positions > self.positions
            }
            self.drop_if_expired(line)
            return
        assert fits
        self.add(line, hours, positions, until)
        (self.preemptible.add if low else self.preemptible.discard)(line)

    def add(self, line, hours, positions, until) -> None:
        self.drop_if_expired(line)
        some = self.held.setdefault(line, {})
        for hour in hours:
            some[hour] = some.get(hour, 0) + positions
        self.until[line] = until

    def drop_if_expired(self, line: str) -> None:
        if line in self.held and not self.is_live(line):
            del self.held[line]

    @rule(line=LINES, first=st.integers(0, 4))
    def release(self, line, first) -> None:
        release(self.connection, line, from_s=EIGHT_S + 3600 * first if first else None)
        some = {hour: n for hour, n in self.held.pop(line, {}).items() if first and hour < first}
        if some:
            self.held[line] = some

    @rule(line=LINES, extends=st.booleans())
    def confirm_or_extend(self, line, extends) -> None:
        until = self.now + 2 * HOUR if extends else None
        is_held = line in self.held and self.is_live(line)
        if extends and is_held and self.until[line] is None:
            return  # a confirmed line is not extended
        try:
            if extends:
                extend(self.connection, line, until=until, now=self.now)
            else:
                confirm(self.connection, line, now=self.now)
        except NotHeldError:
            assert not is_held
        else:
            assert is_held
            self.until[line] = until

    @rule(line=LINES, other=LINES)
    def transfer(self, line, other) -> None:
        if line == other or not self.held.get(line) or not self.is_live(line):
            return
        if other in self.held:
            return
        transfer(self.connection, line, other, until=None, now=self.now)
        self.held[other] = self.held.pop(line)
        self.until[other] = None
        (self.preemptible.add if line in self.preemptible else self.preemptible.discard)(other)

    @rule(line=LINES, hours=HOURS, positions=POSITIONS)
    def take_or_displace(self, line, hours, positions) -> None:
        asked = demand(sorted(hours), positions)
        new = Take(line, None, DeliveryType.GUARANTEED, TakeState.CONFIRMED, None, self.now)
        fits = all(self.used(hour) + positions <= self.positions for hour in hours)
        try:
            displaced = take_or_displace(self.connection, self.sites, asked, new)
        except NotAvailableError:
            assert not fits
            self.drop_if_expired(line)
            return
        assert fits != bool(displaced)
        for one in displaced:
            assert one.line_id in self.preemptible
            assert self.is_live(one.line_id)
            del self.held[one.line_id]
        assert all(self.used(hour) + positions <= self.positions for hour in hours)
        self.add(line, hours, positions, None)
        self.preemptible.discard(line)

    @rule(minutes=st.sampled_from([20, 61, 130]), sweeps=st.booleans())
    def wait(self, minutes, sweeps) -> None:
        if self.now > NOW + timedelta(days=2):
            return
        self.now += timedelta(minutes=minutes)
        if sweeps:
            sweep_expired(self.connection, self.now)
            self.held = {line: some for line, some in self.held.items() if self.is_live(line)}

    @rule(positions=st.sampled_from([4, 6]))
    def change_the_sites_file(self, positions) -> None:
        self.positions, self.sites = positions, with_positions(positions)

    @invariant()
    def the_ledger_equals_the_slots_and_fits(self) -> None:
        if not hasattr(self, "connection"):
            return
        assert ledger_sums(self.connection) == slot_sums(self.connection)
        for row in self.connection.execute(select(booking_slots)):
            assert 0 <= row.used <= row.capacity <= 6
            assert row.used >= self.used((row.hour_at - EIGHT_S) // 3600)


TestCapacity = CapacityMachine.TestCase
TestCapacity.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
