"""Whether the tables that changes are written to say what the audit log says of them.

A change and its entry are one transaction. A row that somebody altered, removed or slipped in
beside the program differs from the last entry about it. What the log did not record yet when an
entry was written (an older version's) is not compared, and never taken for altered.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection, Table, select

from cloud.auth.audit import AuditEntry, read_entries
from cloud.auth.keys import api_keys, fingerprint
from cloud.database import EPOCH
from cloud.fleet.audit_comparisons import AllowListRows, Devices, Groups
from cloud.pricing.rate_card import RateCard
from cloud.sales.occupancy import digest_of_all, slot_occupancy
from cloud.sales.overrides import EVERY_ACCOUNT, price_overrides
from cloud.sales.plans import RETENTION, kept_plans
from cloud.sales.price_sheet import digest_of_sheet, price_sheets
from cloud.sales.rate_cards import rate_cards

Details = dict[str, Any]


class Comparison(Protocol):
    """One table against the entries about it."""

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Take in an entry, oldest first."""

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each row that differs from the log."""


def findings(
    connection: Connection, now: datetime, comparisons: Iterable[Comparison] | None = None
) -> list[str]:
    """A sentence for each difference between the tables and the log."""
    every = list(comparisons if comparisons is not None else all_comparisons())
    for entry in read_entries(connection):
        details = msgspec.json.decode(entry.details, type=Details)
        for one in every:
            one.add_entry(entry, details)
    return [sentence for one in every for sentence in one.findings(connection, now)]


def all_comparisons() -> Sequence[Comparison]:
    """One for each table that is changed beside the log."""
    ours = (_Overrides(), _RateCards(), _Plans(), _Keys(), _Occupancy(), _Sheets())
    return (*ours, Devices(), AllowListRows(), Groups())


class _Overrides:
    """`price_overrides`: the newest entry of each slot and account."""

    def __init__(self) -> None:
        self._set: dict[tuple[str, int, str], tuple[AuditEntry, Details] | None] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action not in ("price.override", "price.override.withdraw"):
            return
        location, _, local = entry.object.partition("/")
        hour_at = int(datetime.fromisoformat(local).timestamp())
        key = (location, hour_at, details.get("account") or EVERY_ACCOUNT)
        self._set[key] = (entry, details) if entry.action == "price.override" else None

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {
            (row["location"], row["hour_at"], row["account"]): row
            for row in _rows(connection, price_overrides)
        }
        for key in sorted(rows.keys() | self._set.keys()):
            starts_at = EPOCH + timedelta(seconds=key[1])
            what = f"price_overrides: {key[0]} at {starts_at:%Y-%m-%dT%H:%MZ}"
            what += f" for {key[2]}" if key[2] else ""
            said, row = self._set.get(key), rows.get(key)
            if said is None:
                if row is not None:
                    yield f"{what} has a price of {row['price_minor']} that no entry has set"
                continue
            entry, details = said
            yield from _differences(
                what, entry, row,
                number=entry.number, price_minor=_price_minor(details), author=entry.actor,
                reason=details["reason"], until_at=_instant(details["until"]), set_at=entry.at,
            )  # fmt: skip


def _price_minor(details: Details) -> Any:
    """The price of an override; entries before version 0022 of the database say `price_pence`."""
    return details["price_minor"] if "price_minor" in details else details["price_pence"]


class _RateCards:
    """`rate_cards`: one row for each entry, never changed."""

    def __init__(self) -> None:
        self._put: dict[int, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == "rate_card.put":
            self._put[entry.number] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["number"]: row for row in _rows(connection, rate_cards)}
        for number in sorted(rows.keys() | self._put.keys()):
            what = f"rate_cards: card {number}"
            said, row = self._put.get(number), rows.get(number)
            if said is None:
                yield f"{what} has no entry"
                continue
            entry, details = said
            yield from _differences(
                what, entry, row,
                version=details["version"], digest=details["digest"],
                from_at=_instant(details["from"]), put_at=entry.at, put_by=entry.actor,
            )  # fmt: skip
            if row is not None and _card_digest(row["body"]) != details["digest"]:
                yield f"{what} is not the card of entry {number}: its content has another digest"


class _Plans:
    """`kept_plans`: until they are dropped or expire."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[AuditEntry, Details]] = {}
        self._finished: dict[str, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == "plan.keep":
            self._kept[entry.object] = entry, details
        elif entry.action == "plan.finish":
            self._finished[entry.object] = entry, details
        elif entry.action == "plan.drop":
            self._kept.pop(entry.object, None)

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in _rows(connection, kept_plans)}
        for name in sorted(rows.keys() | self._kept.keys()):
            what = f"kept_plans: plan {name}"
            said, row = self._kept.get(name), rows.get(name)
            if said is None:
                yield f"{what} has no entry that it is kept"
            elif row is None:
                if now < _expires_at(said):
                    yield f"{what} of entry {said[0].number} is missing, and has not expired"
            else:
                yield from self._compared(what, said, row)

    def _compared(self, what: str, said: tuple[AuditEntry, Details], row: Any) -> Iterator[str]:
        entry, details = said
        wanted = {"account": details["account"], "kept_by": entry.actor, "kept_at": entry.at}
        if "expires_at" in details:
            wanted["expires_at"] = _instant(details["expires_at"])
        yield from _differences(what, entry, row, **wanted)
        yield from _changed(what, entry, details, "question", row["question"].encode())
        if row["id"] in self._finished:
            entry, details = self._finished[row["id"]]
            yield from _changed(what, entry, details, "answer", _inflated(row["answer"]))
            yield from _changed(what, entry, details, "versions", _inflated(row["versions"]))
            yield from _changed(what, entry, details, "sentence", _encoded(row["sentence"]))
            yield from _differences(
                what, entry, row, status=details["status"], finished_at=entry.at
            )


class _Keys:
    """`api_keys`: as they were made, and when they were revoked."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[AuditEntry, Details]] = {}
        self._revoked: dict[str, datetime] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == "key.create":
            self._made[entry.object] = entry, details
        elif entry.action == "key.revoke":
            self._revoked[entry.object] = entry.at

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in _rows(connection, api_keys)}
        for name in sorted(rows.keys() | self._made.keys()):
            what = f"api_keys: key {name}"
            said, row = self._made.get(name), rows.get(name)
            if said is None:
                yield f"{what} has no entry that it was made"
                continue
            entry, details = said
            wanted: Details = {"role": details["role"], "owner": details["owner"]}
            if "account" in details:
                wanted["account"] = details["account"]
            yield from _differences(
                what, entry, row, created_at=entry.at, revoked_at=self._revoked.get(name),
                expires_at=_instant(details["expires_at"]), **wanted,
            )  # fmt: skip
            held = details.get("fingerprint")
            if row is not None and held not in (None, fingerprint(row["digest"])):
                yield f"{what} is not the one of entry {entry.number}: its secret is another"


class _Occupancy:
    """`slot_occupancy`: all rows together, as the last load left them."""

    def __init__(self) -> None:
        self._loaded: AuditEntry | None = None
        self._rows: str | None = None

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == "occupancy.load":
            self._loaded, self._rows = entry, details.get("rows", self._rows)

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        if self._loaded is None:
            if connection.execute(select(slot_occupancy).limit(1)).first() is not None:
                yield "slot_occupancy: there are rows, and no entry that any were loaded"
        elif self._rows is not None and digest_of_all(connection) != self._rows:
            yield (
                f"slot_occupancy: its rows are not those that entry {self._loaded.number} left: "
                "shares have been altered, removed or added; load the file again to set them right"
            )


class _Sheets:
    """`price_sheets`: each as it was published; old ones are deleted."""

    def __init__(self) -> None:
        self._published: dict[tuple[str, str], tuple[int, str]] = {}
        self._since: datetime | None = None

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == "prices.publish" and "sheets" in details:
            self._since = self._since or entry.at
            for location, (day, digest) in details["sheets"].items():
                self._published[location, day] = entry.number, digest

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        for row in _rows(connection, price_sheets):
            day = row["published_on"].isoformat()
            what = f"price_sheets: the prices of {row['location']} published on {day}"
            number, digest = self._published.get((row["location"], day), (0, ""))
            is_older = self._since is None or row["published_at"] < self._since
            if not number and not is_older:
                yield f"{what} have no entry"
            elif number and digest_of_sheet(row["body"]) != digest:
                yield f"{what} are not those of entry {number}"


def _rows(connection: Connection, table: Table) -> Iterator[Any]:
    yield from connection.execute(select(table)).mappings()


def _differences(what: str, entry: AuditEntry, row: Any, **wanted: Any) -> Iterator[str]:
    if row is None:
        yield f"{what} of entry {entry.number} is missing"
        return
    for name, value in wanted.items():
        if row[name] != value:
            yield f"{what}: {name} is {row[name]}, and entry {entry.number} says {value}"


def _changed(
    what: str, entry: AuditEntry, details: Details, name: str, content: bytes | None
) -> Iterator[str]:
    """Whether content whose digest is in the entry has been altered."""
    said = details.get(name)
    if said is not None and (content is None or hashlib.sha256(content).hexdigest() != said):
        yield f"{what}: its {name} is not the one of entry {entry.number}"


def _inflated(content: bytes | None) -> bytes | None:
    try:
        return None if content is None else zlib.decompress(content)
    except zlib.error:
        return None


def _expires_at(kept: tuple[AuditEntry, Details]) -> datetime:
    """When a plan may be gone; entries of an older version do not say it."""
    entry, details = kept
    return _instant(details.get("expires_at")) or entry.at + RETENTION


def _encoded(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _instant(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _card_digest(body: str) -> str | None:
    try:
        return msgspec.json.decode(body, type=RateCard).digest
    except msgspec.MsgspecError:
        return None
