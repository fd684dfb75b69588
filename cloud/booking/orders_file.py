"""Reads a file of order lines, CSV with the columns `COLUMNS`.

Times are hours of the location's own clock. The file is accepted as a whole or refused with the
first error, which names the row and the column.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, TypeVar

from cloud.booking.order_line import (
    HOUR,
    LONGEST_FLIGHT,
    ORDER_FIELDS,
    BookingStatus,
    OrderLine,
)
from cloud.money import MoneyError, exponent, minor
from cloud.pricing.slot import SlotError, parse_slot
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites, UnknownLocation
from cloud.suggestions import unknown_word
from wire.audience import CREATIVE, MAX_CREATIVES, UNKNOWN_CREATIVE
from wire.visible_names import check_visible_name

COLUMNS: Final = (
    "order_id", "line_id", "account", "advertiser", "campaign", "booking_status", "location",
    "starts_at", "ends_at", "hours", "positions", "price", "currency", "creatives",
)  # fmt: skip
LARGEST_FILE_BYTES: Final = 64 * 1024 * 1024
MOST_PRICE: Final = 10**6
ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,62}", re.ASCII)
HOURS: Final = re.compile(r"(?P<first>[0-9]{1,2})(?:-(?P<last>[0-9]{1,2}))?", re.ASCII)
LONGEST_TEXT: Final = 120
Value = TypeVar("Value")


class OrdersRefused(ValueError):  # noqa: N818 - reads as what happened
    """A file of orders that is not valid; names the row and the column."""


@dataclass(frozen=True, slots=True)
class OrdersFile:
    """The lines of a file, and the number of the row of each line by its id."""

    name: str
    lines: Sequence[OrderLine]
    rows: Mapping[str, int]


def read_orders(file: Path, sites: Sites) -> OrdersFile:
    """All lines of a file; raises OrdersRefused."""
    lines: list[OrderLine] = []
    rows: dict[str, int] = {}
    orders: dict[str, tuple[int, dict[str, Any]]] = {}
    for number, row in _read_rows(file):
        line = _Row(file.name, number, row).to_line(sites)
        if line.line_id in rows:
            raise _refuse(file.name, number, "line_id",
                          f"{line.line_id} is in row {rows[line.line_id]} as well")  # fmt: skip
        first, shared = orders.setdefault(line.order_id, (number, line.describe_order()))
        for name in ORDER_FIELDS:
            if getattr(line, name) != shared[name]:
                raise _refuse(
                    file.name, number, name,
                    f"found {getattr(line, name)!r}, expected {shared[name]!r} as in row {first} "
                    f"of the same order",
                )  # fmt: skip
        lines.append(line)
        rows[line.line_id] = number
    return OrdersFile(file.name, lines, rows)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row as written; each value is read with errors that name its column."""

    file: str
    number: int
    values: Mapping[str, str]

    def to_line(self, sites: Sites) -> OrderLine:
        site = self._read("location", sites.location)
        starts_at, ends_at = self._read_flight(site)
        currency = self._read("currency", _read_currency)
        line = OrderLine(
            order_id=self._read("order_id", _read_id),
            line_id=self._read("line_id", _read_id),
            account=self._read("account", _read_text),
            advertiser=self._read("advertiser", _read_text),
            campaign=self._read("campaign", _read_text),
            booking_status=self._read("booking_status", _read_status),
            location=site.id,
            starts_at=starts_at,
            ends_at=ends_at,
            hours=self.values["hours"],
            positions=self._read("positions", lambda text: _read_positions(text, site)),
            price_minor=self._read("price", lambda text: _read_price(text, currency)),
            currency=currency,
            creatives=self._read("creatives", _read_creatives),
            local_hours=self._read("hours", read_hours),
            zone=site.zone,
        )
        if next(line.iterate_slots(), None) is None:
            raise self._refuse("hours", "no hour of the flight is in these hours")
        return line

    def _read_flight(self, site: Site) -> tuple[datetime, datetime]:
        starts_at = self._read("starts_at", lambda text: parse_slot(text, site.zone).starts_at)
        ends_at = self._read("ends_at", lambda text: parse_slot(text, site.zone).starts_at)
        if ends_at <= starts_at:
            raise self._refuse("ends_at", "expected a time after starts_at; it is not included")
        if ends_at - starts_at > LONGEST_FLIGHT or (ends_at - starts_at) % HOUR:
            raise self._refuse(
                "ends_at",
                f"expected whole hours, at most {LONGEST_FLIGHT.days} days from starts_at",
            )
        return starts_at, ends_at

    def _read(self, column: str, read: Callable[[str], Value]) -> Value:
        try:
            return read(self.values[column])
        except (ValueError, SlotError, MoneyError, UnknownLocation) as error:
            raise self._refuse(column, str(error)) from error

    def _refuse(self, column: str, sentence: str) -> OrdersRefused:
        return _refuse(self.file, self.number, column, sentence)


def _refuse(file: str, number: int, column: str, sentence: str) -> OrdersRefused:
    return OrdersRefused(f"{file}, row {number}, column {column}: {sentence}")


def _read_rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            raise OrdersRefused(f"{file.name} is larger than {LARGEST_FILE_BYTES} bytes: split it")
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines, strict=True)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise OrdersRefused(
                    f"{file.name}, row 1: found the columns {','.join(rows.fieldnames or ())}, "
                    f"expected {','.join(COLUMNS)}"
                )
            for row in rows:
                if None in row or None in row.values():
                    raise OrdersRefused(
                        f"{file.name}, row {rows.line_num}: expected {len(COLUMNS)} values"
                    )
                yield rows.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OrdersRefused(f"{file} cannot be read: {error}") from error


def _read_id(text: str) -> str:
    if not ID.fullmatch(text):
        raise ValueError(
            f"found {text[:70]!r}, expected at most 63 letters, digits and the characters . _ : -"
        )
    return text


def _read_text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"found {len(text)} characters, expected at most {LONGEST_TEXT}")
    check_visible_name("the value", text)
    return text


def _read_status(text: str) -> BookingStatus:
    try:
        return BookingStatus(text)
    except ValueError:
        raise ValueError(
            unknown_word("status", text, [one.value for one in BookingStatus])
        ) from None


def read_hours(text: str) -> frozenset[int]:
    """The local hours of `7-9;16-18`; all when empty."""
    if not text:
        return frozenset(range(24))
    hours: set[int] = set()
    for part in text.split(";"):
        found = HOURS.fullmatch(part)
        first, last = (
            (int(found["first"]), int(found["last"] or found["first"])) if found else (1, 0)
        )
        if not first <= last <= 23 or hours & set(range(first, last + 1)):
            raise ValueError(
                f"found {text[:60]!r}, expected local hours such as 7-9;16-18, each once"
            )
        hours |= set(range(first, last + 1))
    return frozenset(hours)


def _read_positions(text: str, site: Site) -> int:
    most = site.loop.positions
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most):
        raise ValueError(f"found {text[:20]!r}, expected 1 to {most}, the loop of {site.id}")
    return int(text)


def _read_currency(text: str) -> str:
    exponent(text)
    return text


def _read_price(text: str, currency: str) -> int:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("nan")
    if not price.is_finite() or not 0 <= price <= MOST_PRICE:
        raise ValueError(f"found {text[:20]!r}, expected an amount from 0 to {MOST_PRICE}")
    return minor(price, currency)


def _read_creatives(text: str) -> tuple[str, ...]:
    """The creatives of `a;b`, sorted; none when empty."""
    found = text.split(";") if text else []
    for one in found:
        if one == UNKNOWN_CREATIVE:
            raise ValueError(f"found {one!r}, which stands for time without a known creative")
        if not re.fullmatch(CREATIVE, one) or found.count(one) > 1 or len(found) > MAX_CREATIVES:
            raise ValueError(
                f"found {one[:70]!r}, expected at most {MAX_CREATIVES} names of the player, "
                "each once, with ; between them"
            )
    return tuple(sorted(found))
