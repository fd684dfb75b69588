"""Compare the tables of sales with the log: overrides, rate cards, plans, occupancy, prices."""

import hashlib
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, parse_instant, read_rows
from cloud.database import EPOCH
from cloud.database.bookings import slot_occupancy
from cloud.database.prices import price_sheets
from cloud.pricing.rate_card import RateCard
from cloud.sales.occupancy import digest_of_all
from cloud.sales.overrides import EVERY_ACCOUNT, price_overrides
from cloud.sales.plans import RETENTION, kept_plans
from cloud.sales.price_sheet import digest_of_sheet
from cloud.sales.rate_cards import rate_cards


class OverrideComparison:
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
            for row in read_rows(connection, price_overrides)
        }
        for key in sorted(rows.keys() | self._set.keys()):
            starts_at = EPOCH + timedelta(seconds=key[1])
            what = f"price_overrides: {key[0]} at {starts_at:%Y-%m-%dT%H:%MZ}"
            what += f" for {key[2]}" if key[2] else ""
            logged, row = self._set.get(key), rows.get(key)
            if logged is None:
                if row is not None:
                    yield f"{what} has a price of {row['price_minor']} that no entry has set"
                continue
            entry, details = logged
            yield from describe_differences(
                what, entry, row,
                number=entry.number, price_minor=_price_minor(details), author=entry.actor,
                reason=details["reason"], until_at=parse_instant(details["until"]), set_at=entry.at,
            )  # fmt: skip


def _price_minor(details: Details) -> Any:
    """The price of an override; entries before version 0022 of the database say `price_pence`."""
    return details["price_minor"] if "price_minor" in details else details["price_pence"]


class RateCardComparison:
    """`rate_cards`: one row for each entry, never changed."""

    def __init__(self) -> None:
        self._put: dict[int, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == "rate_card.put":
            self._put[entry.number] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["number"]: row for row in read_rows(connection, rate_cards)}
        for number in sorted(rows.keys() | self._put.keys()):
            what = f"rate_cards: card {number}"
            logged, row = self._put.get(number), rows.get(number)
            if logged is None:
                yield f"{what} has no entry"
                continue
            entry, details = logged
            yield from describe_differences(
                what, entry, row,
                version=details["version"], digest=details["digest"],
                from_at=parse_instant(details["from"]), put_at=entry.at, put_by=entry.actor,
            )  # fmt: skip
            if row is not None and _card_digest(row["body"]) != details["digest"]:
                yield f"{what} is not the card of entry {number}: its content has another digest"


class PlanComparison:
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
        rows = {row["id"]: row for row in read_rows(connection, kept_plans)}
        for name in sorted(rows.keys() | self._kept.keys()):
            what = f"kept_plans: plan {name}"
            logged, row = self._kept.get(name), rows.get(name)
            if logged is None:
                yield f"{what} has no entry that it is kept"
            elif row is None:
                if now < _expires_at(logged):
                    yield f"{what} of entry {logged[0].number} is missing, and has not expired"
            else:
                yield from self._compared(what, logged, row)

    def _compared(self, what: str, logged: tuple[AuditEntry, Details], row: Any) -> Iterator[str]:
        entry, details = logged
        wanted = {"account": details["account"], "kept_by": entry.actor, "kept_at": entry.at}
        if "expires_at" in details:
            wanted["expires_at"] = parse_instant(details["expires_at"])
        yield from describe_differences(what, entry, row, **wanted)
        yield from _changed(what, entry, details, "question", row["question"].encode())
        if row["id"] in self._finished:
            entry, details = self._finished[row["id"]]
            yield from _changed(what, entry, details, "answer", _inflated(row["answer"]))
            yield from _changed(what, entry, details, "versions", _inflated(row["versions"]))
            yield from _changed(what, entry, details, "sentence", _encoded(row["sentence"]))
            yield from describe_differences(
                what, entry, row, status=details["status"], finished_at=entry.at
            )


class OccupancyComparison:
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
                "rows were altered, removed or added; load the file again to correct them"
            )


class PriceSheetComparison:
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
        for row in read_rows(connection, price_sheets):
            day = row["published_on"].isoformat()
            what = f"price_sheets: the prices of {row['location']} published on {day}"
            number, digest = self._published.get((row["location"], day), (0, ""))
            is_older = self._since is None or row["published_at"] < self._since
            if not number and not is_older:
                yield f"{what} have no entry"
            elif number and digest_of_sheet(row["body"]) != digest:
                yield f"{what} are not those of entry {number}"


def _changed(
    what: str, entry: AuditEntry, details: Details, name: str, content: bytes | None
) -> Iterator[str]:
    """Whether content whose digest is in the entry has been altered."""
    logged = details.get(name)
    if logged is not None and (content is None or hashlib.sha256(content).hexdigest() != logged):
        yield f"{what}: its {name} is not the one of entry {entry.number}"


def _inflated(content: bytes | None) -> bytes | None:
    try:
        return None if content is None else zlib.decompress(content)
    except zlib.error:
        return None


def _expires_at(kept: tuple[AuditEntry, Details]) -> datetime:
    """When a plan may be gone; entries of an older version do not say it."""
    entry, details = kept
    return parse_instant(details.get("expires_at")) or entry.at + RETENTION


def _encoded(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _card_digest(body: str) -> str | None:
    try:
        return msgspec.json.decode(body, type=RateCard).digest
    except msgspec.MsgspecError:
        return None
