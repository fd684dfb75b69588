"""Compare holds and blackouts with the audit log."""

import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, parse_instant, read_rows
from cloud.booking.audit_log.hold_entries import DISPLACE, EXTEND, PLACE, RELEASE, digest_of_slots
from cloud.booking.holds import BookingHoldState
from cloud.booking.inventory import blackouts
from cloud.booking.version_digest import ADD_ACTION
from cloud.database.bookings import booking_blackouts
from cloud.database.holds import booking_holds

ENDS: Final = {RELEASE: BookingHoldState.RELEASED, DISPLACE: BookingHoldState.DISPLACED}
"""Actions that end a hold. Adding its lines to an order does so too."""


class HoldComparison:
    """`booking_holds`: as they were placed or extended last, and how they ended.

    A hold expires without an entry about it, at the end that its last entry has.
    """

    def __init__(self) -> None:
        self._placed: dict[str, datetime] = {}
        self._logged: dict[str, tuple[AuditEntry, Details]] = {}
        self._extensions: Counter[str] = Counter()
        self._ended: dict[str, tuple[BookingHoldState, datetime]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == PLACE:
            self._placed[entry.object] = entry.at
            self._logged[entry.object] = entry, details
        elif entry.action == EXTEND:
            self._logged[entry.object] = entry, details
            self._extensions[entry.object] += 1
        elif entry.action in ENDS:
            self._ended[entry.object] = ENDS[entry.action], entry.at
        elif entry.action == ADD_ACTION and "hold" in details:
            self._ended[details["hold"]] = BookingHoldState.BOOKED, entry.at

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        missing = set(self._placed)
        for row in read_rows(connection, booking_holds):
            missing.discard(row["id"])
            yield from self._compare(row, now)
        for name in sorted(missing):
            entry, _ = self._logged[name]
            yield from describe_differences(f"booking_holds: hold {name}", entry, None)

    def _compare(self, row: Any, now: datetime) -> Iterator[str]:
        name = row["id"]
        what = f"booking_holds: hold {name}"
        if name not in self._placed:
            yield f"{what} has no entry that it was placed"
            return
        entry, details = self._logged[name]
        wanted = {
            "account": details["account"],
            "quote": details["quote"],
            "slot_count": details["slots"],
            "extensions": self._extensions[name],
            "created_at": self._placed[name],
            "expires_at": parse_instant(details["expires_at"]),
        }
        if "content" in details:  # not in entries of older versions
            wanted |= {
                "latest_at": parse_instant(details["latest_at"]), "delivery": details["delivery"],
            }  # fmt: skip
            if digest_of_slots(zlib.decompress(row["slots"])) != details["content"]:
                yield f"{what} has other slots than those of entry {entry.number}"
        yield from describe_differences(what, entry, row, **wanted)
        yield from self._compare_end(what, row, now)

    def _compare_end(self, what: str, row: Any, now: datetime) -> Iterator[str]:
        found = (BookingHoldState(row["state"]), row["ended_at"])
        expected: list[tuple[BookingHoldState, datetime | None]] = [(BookingHoldState.HELD, None)]
        if row["expires_at"] <= now:
            expected.append((BookingHoldState.EXPIRED, row["expires_at"]))
        if row["id"] in self._ended:
            expected = [self._ended[row["id"]]]
        if found not in expected:
            state, ended_at = expected[-1]
            yield f"{what} is {found[0]} since {found[1]}, and the log has {state} since {ended_at}"


class BlackoutComparison:
    """`booking_blackouts`: as they were added, and when they were removed."""

    def __init__(self) -> None:
        self._added: dict[int, tuple[AuditEntry, Details]] = {}
        self._removed: dict[int, datetime] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == blackouts.ADD:
            self._added[_number_of(entry)] = entry, details
        elif entry.action == blackouts.REMOVE:
            self._removed[_number_of(entry)] = entry.at

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, booking_blackouts)}
        for number in sorted(rows.keys() | self._added.keys()):
            what = f"booking_blackouts: blackout {number}"
            if number not in self._added:
                yield f"{what} has no entry that it was added"
                continue
            entry, details = self._added[number]
            yield from describe_differences(
                what, entry, rows.get(number), location=entry.object.rpartition("/")[0],
                starts_at=parse_instant(details["starts_at"]),
                ends_at=parse_instant(details["ends_at"]), kind=details["kind"],
                reason=details["reason"], created_at=entry.at,
                removed_at=self._removed.get(number),
            )  # fmt: skip


def _number_of(entry: AuditEntry) -> int:
    return int(entry.object.rpartition("/")[2])
