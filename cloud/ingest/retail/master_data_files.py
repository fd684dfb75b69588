"""Load stores, products and exchange rates from CSV files: each file completely or not at all.

A row replaces the stored one with its key; rows that are not in the file stay as they are.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Table

from cloud.database import insert
from cloud.database.retail import retail_exchange_rates, retail_products, retail_stores
from cloud.money import MoneyError, exponent
from cloud.retail_wire import parse_amount
from cloud.retail_wire.price_message import is_amount

SETTINGS: Final = ("urban", "suburban", "rural")
LONGEST_RATE: Final = 24
Fields = Mapping[str, str]


class MasterDataError(ValueError):
    """A file or row that cannot be loaded; the message names the line."""


@dataclass(frozen=True, slots=True)
class MasterFile:
    """What a file must have: its columns, those that may be empty, and how a row is read."""

    table: Table
    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[Fields], dict[str, Any]]


def load_master_file(connection: Connection, kind: MasterFile, path: Path) -> int:
    """Load a file; returns how many rows. Raises MasterDataError."""
    rows = list(_read_rows(kind, path))
    into = insert(connection.dialect.name, kind.table)
    keys = [column.name for column in kind.table.primary_key]
    others = [column.name for column in kind.table.columns if column.name not in keys]
    upsert = into.on_conflict_do_update(
        index_elements=keys, set_={name: into.excluded[name] for name in others}
    )
    if rows:
        connection.execute(upsert, rows)
    return len(rows)


def _read_rows(kind: MasterFile, path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_header(kind, reader.fieldnames, path)
            for fields in reader:
                yield _read_row(kind, fields, f"{path.name}:{reader.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MasterDataError(f"{path.name} cannot be read: {error}") from error


def _check_header(kind: MasterFile, found: Any, path: Path) -> None:
    names = set(found or ())
    missing = [name for name in kind.required if name not in names]
    unknown = sorted(names - {*kind.required, *kind.optional})
    if missing or unknown:
        raise MasterDataError(
            f"{path.name}:1: found the columns {', '.join(map(str, found or ['none']))}, expected "
            f"{', '.join(kind.required)} and, if known, {', '.join(kind.optional)}"
        )


def _read_row(kind: MasterFile, fields: dict[Any, Any], position: str) -> dict[str, Any]:
    if None in fields or None in fields.values():
        raise MasterDataError(f"{position}: found another number of values than of columns")
    given = {name: text.strip() for name, text in fields.items()}
    empty = [name for name in kind.required if not given[name]]
    if empty:
        raise MasterDataError(f"{position}: {empty[0]} is empty, expected a value")
    try:
        return kind.read({name: given.get(name, "") for name in (*kind.required, *kind.optional)})
    except (MoneyError, ValueError, InvalidOperation, ZoneInfoNotFoundError) as error:
        raise MasterDataError(f"{position}: {error}") from error


def _read_store(fields: Fields) -> dict[str, Any]:
    if fields["setting"] not in SETTINGS:
        raise ValueError(f"found setting {fields['setting']!r}, expected {', '.join(SETTINGS)}")
    if fields["timezone"]:
        ZoneInfo(fields["timezone"])
    latitude, longitude = float(fields["latitude"]), float(fields["longitude"])
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(f"found position {latitude}, {longitude}, expected degrees")
    return {
        **fields,
        "latitude": latitude,
        "longitude": longitude,
        "purchasing_power_index": int(fields["purchasing_power_index"]),
        "timezone": fields["timezone"] or None,
    }


def _read_product(fields: Fields) -> dict[str, Any]:
    decimals = exponent(fields["currency"])
    category = fields["category"]
    if any(not part.strip() for part in category.split("/")):
        raise ValueError(f"found category {category!r}, expected a path such as juice/orange")
    names = ("sku", "product", "category", "name", "unit_size", "currency")
    return {name: fields[name] for name in names} | {
        "map_minor": _read_limit(fields["map"], decimals),
        "legal_floor_minor": _read_limit(fields["legal_floor"], decimals),
    }


def _read_limit(text: str, decimals: int) -> int | None:
    if not text:
        return None
    if not is_amount(text) or (amount := parse_amount(text, decimals)) <= 0:
        raise ValueError(f"found {text!r}, expected an amount above 0 such as 3.49, or nothing")
    return amount


def _read_rate(fields: Fields) -> dict[str, Any]:
    for name in ("base_currency", "currency"):
        exponent(fields[name])
    rate = Decimal(fields["rate"])
    if not rate.is_finite() or rate <= 0 or len(fields["rate"]) > LONGEST_RATE:
        raise ValueError(f"found rate {fields['rate'][:40]!r}, expected a number above 0")
    return {
        "base_currency": fields["base_currency"],
        "currency": fields["currency"],
        "rated_on": date.fromisoformat(fields["rated_on"]),
        "rate": fields["rate"],
    }


STORES: Final = MasterFile(
    retail_stores,
    (
        "store", "region", "city", "postcode", "latitude", "longitude", "setting", "cluster",
        "purchasing_power_index",
    ),
    ("timezone",),
    _read_store,
)  # fmt: skip
PRODUCTS: Final = MasterFile(
    retail_products,
    ("product", "sku", "category", "name", "unit_size", "currency"),
    ("map", "legal_floor"),
    _read_product,
)
RATES: Final = MasterFile(
    retail_exchange_rates, ("base_currency", "currency", "rated_on", "rate"), (), _read_rate
)
