"""The files of a simulated chain: points, stores, products and the truth."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from simulators.output_file import replace_file
from simulators.shops.chain import Chain
from simulators.shops.faults import FaultInjection
from simulators.shops.point_rows import COLUMNS, CURRENCY, NUMBERS, list_points
from simulators.shops.products import CATEGORIES
from simulators.shops.sales import SalesSimulation
from simulators.shops.stores import CITIES, SETTINGS, TIMEZONE
from simulators.shops.truth import describe_truth

ROWS_AT_A_TIME: Final = 100_000
FORMATS: Final = ("csv", "jsonl")


def write_points(
    chain: Chain,
    path: Path,
    show: Callable[[int], None] = lambda _: None,
    faults: FaultInjection | None = None,
) -> int:
    """Write all points, as CSV or JSON lines by the file's suffix; returns how many."""
    rows = 0
    write = _write_lines if path.suffix == ".jsonl" else _write_csv
    with replace_file(path) as partial, partial.open("wb") as file:
        for good in generate_points(chain):
            table = good if faults is None else faults.add(good)
            write(table, file, is_first=rows == 0)
            rows += len(table)
            show(rows)
    return rows


def generate_points(chain: Chain) -> Iterator[pa.Table]:
    """All points, some days at a time."""
    days = SalesSimulation(chain).run()
    step = max(1, ROWS_AT_A_TIME // (chain.options.stores * chain.options.products))
    while some := list(islice(days, step)):
        yield list_points(chain, some)


def write_master_data(chain: Chain, folder: Path) -> None:
    """Write `stores.csv` and `products.csv`, as `cloud retail load` reads them."""
    stores, products = chain.stores, chain.products
    _write_rows(folder / "stores.csv", STORE_COLUMNS, [
        (name, stores.region(at), CITIES[stores.city[at]][1], stores.postcodes[at],
         stores.latitude[at], stores.longitude[at], SETTINGS[stores.setting[at]],
         f"{stores.region(at)}-{stores.cluster[at]}", stores.purchasing_power[at], TIMEZONE)
        for at, name in enumerate(stores.names)
    ])  # fmt: skip
    _write_rows(folder / "products.csv", PRODUCT_COLUMNS, [
        (products.names[at], sku, CATEGORIES[products.category[at]][0],
         products.names[at].replace("-", " "), CATEGORIES[products.category[at]][1], CURRENCY,
         _write_limit(products.map_minor[at]), _write_limit(products.legal_floor_minor[at]))
        for at, sku in enumerate(products.skus)
    ])  # fmt: skip


def write_truth(chain: Chain, path: Path, **more: Any) -> None:
    """Write `truth.json`."""
    with replace_file(path) as partial:
        partial.write_text(json.dumps(describe_truth(chain) | more, indent=1) + "\n")


def _write_csv(table: pa.Table, file: IO[bytes], *, is_first: bool) -> None:
    options = arrow_csv.WriteOptions(include_header=is_first, quoting_style="none")
    arrow_csv.write_csv(table, file, options)


def _write_lines(table: pa.Table, file: IO[bytes], *, is_first: bool) -> None:
    """JSON objects; no value of a chain has a character that JSON escapes."""
    assert not is_first or table.column_names == list(COLUMNS)
    parts: list[Any] = []
    for name in COLUMNS:
        lead = "{" if name == COLUMNS[0] else ","
        values = table.column(name).cast(pa.string())
        if name not in NUMBERS:
            values = pc.binary_join_element_wise('"', values, '"', "")
        parts += [f'{lead}"{name}":', pc.fill_null(values, "null")]
    lines = pc.binary_join_element_wise(*parts, "}\n", "")
    for chunk in lines.chunks:
        file.write("".join(chunk.to_pylist()).encode())


def _write_limit(amount_minor: int) -> str:
    return f"{amount_minor // 100}.{amount_minor % 100:02}" if amount_minor else ""


def _write_rows(path: Path, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    with replace_file(path) as partial, partial.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


STORE_COLUMNS: Final = (
    "store", "region", "city", "postcode", "latitude", "longitude", "setting", "cluster",
    "purchasing_power_index", "timezone",
)  # fmt: skip
PRODUCT_COLUMNS: Final = (
    "product", "sku", "category", "name", "unit_size", "currency", "map", "legal_floor",
)  # fmt: skip
