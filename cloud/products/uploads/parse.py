"""Read the rows of a file into the columns of their table, the unreadable ones apart."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from cloud.lake.engine import open_duckdb, read_batches
from cloud.lake.trusted.rules import REQUIRED, quote
from cloud.products.definitions.columns import SQL_TYPES, ColumnType
from cloud.products.definitions.product import Upload
from cloud.products.uploads.file_format import TextFile, Workbook
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.products.uploads.text_rows import ROW, BadRow, FileRows, read_text
from cloud.products.uploads.typed_columns import expected, typed
from cloud.products.uploads.workbook_rows import read_workbook

MISSING: Final = ("", "-", "n/a", "na", "null", "none")
"""Texts that stand for no value, in columns of another type than text."""
MOST_BAD_ROWS: Final = 100_000
"""Rows that are kept with their content; all are counted."""
BROKEN: Final = "broken"


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The rows of a file in DuckDB's table `parsed`; `bad` are its unreadable ones, counted."""

    connection: duckdb.DuckDBPyConnection
    names: Sequence[str]
    good: int
    bad: Sequence[BadRow]
    bad_count: int
    ignored: Sequence[str]
    description: str

    def read_good(self, origin: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
        """Good rows in their order, with further columns as SQL literals."""
        further = ", ".join(f"{value} AS {name}" for name, value in origin.items())
        columns = ", ".join(self.names)
        yield from read_batches(
            self.connection,
            f"SELECT {columns}, {ROW}, {further} FROM parsed "  # noqa: S608
            f"WHERE {BROKEN} IS NULL ORDER BY {ROW}",
        )


@contextmanager
def parse_file(
    file: TextFile | Workbook, upload: Upload, pseudonyms: Pseudonyms
) -> Iterator[ParsedFile]:
    """Read the whole file.

    Raises:
        UploadRefusedError: the file as a whole cannot be read, or none of its rows.
    """
    rows = read_text(file, upload) if isinstance(file, TextFile) else read_workbook(file, upload)
    with open_duckdb() as connection:
        _fill(connection, rows, upload, pseudonyms)
        bad, count = _read_bad(connection, rows, upload)
        ((good,),) = connection.execute(
            f"SELECT count(*) FROM parsed WHERE {BROKEN} IS NULL"  # noqa: S608
        ).fetchall()
        yield ParsedFile(
            connection, list(upload.columns), good, bad, count, rows.heading.ignored,
            rows.description,
        )  # fmt: skip


def _fill(
    connection: duckdb.DuckDBPyConnection, rows: FileRows, upload: Upload, pseudonyms: Pseudonyms
) -> None:
    present = list(rows.heading.positions)
    values = ", ".join(
        f"{typed(upload, name, column) if name in present else _null(upload, name)} AS {name}"
        for name, column in upload.columns.items()
    )
    fields = ", ".join(f"{name} := text_{name}" for name in present)
    texts = ", ".join(f"{name} AS text_{name}" for name in present)
    any_text = " OR ".join(f"trim({name}) <> ''" for name in present)
    select = (
        f"SELECT {ROW}, {', '.join(upload.columns)}, {BROKEN}, CASE WHEN {BROKEN} IS NOT NULL "  # noqa: S608
        f"THEN CAST(to_json(struct_pack({fields})) AS VARCHAR) END AS content "
        f"FROM (SELECT *, CASE {_list_checks(upload, present)} END AS {BROKEN} "
        f"FROM (SELECT {ROW}, {values}, {texts} FROM file_rows WHERE {any_text}))"
    )
    empty = [*((name, pa.string()) for name in present), (ROW, pa.int64())]
    connection.register("file_rows", pa.schema(empty).empty_table())
    connection.execute(f"CREATE TEMP TABLE parsed AS {select}")
    for batch in pseudonyms.replace(rows.batches, upload):
        connection.register("file_rows", pa.Table.from_batches([batch]))
        connection.execute(f"INSERT INTO parsed {select}")
    connection.unregister("file_rows")


def _null(upload: Upload, name: str) -> str:
    return f"CAST(NULL AS {SQL_TYPES[upload.columns[name].type]})"


def _list_checks(upload: Upload, present: Sequence[str]) -> str:
    missing = ", ".join(map(quote, MISSING))
    unreadable = [
        f"WHEN {name} IS NULL AND lower(trim(text_{name})) NOT IN ({missing}) THEN {quote(name)}"
        for name in present
        if upload.columns[name].type not in (ColumnType.TEXT, ColumnType.PSEUDONYM)
    ]
    required = [
        f"WHEN {name} IS NULL THEN {quote(f'{REQUIRED}:{name}')}"
        for name, column in upload.columns.items()
        if column.required
    ]
    return " ".join([*unreadable, *required, "ELSE NULL"])


def _read_bad(
    connection: duckdb.DuckDBPyConnection, rows: FileRows, upload: Upload
) -> tuple[list[BadRow], int]:
    ((count,),) = connection.execute(
        f"SELECT count(*) FROM parsed WHERE {BROKEN} IS NOT NULL"  # noqa: S608
    ).fetchall()
    found = connection.execute(
        f"SELECT {ROW}, {BROKEN}, content FROM parsed WHERE {BROKEN} IS NOT NULL "  # noqa: S608
        f"ORDER BY {ROW} LIMIT {MOST_BAD_ROWS}"
    ).fetchall()
    bad = [*rows.bad, *(_describe(upload, *one) for one in found)]
    return sorted(bad, key=lambda one: one.row)[:MOST_BAD_ROWS], len(rows.bad) + count


def _describe(upload: Upload, row: int, broken: str, content: str) -> BadRow:
    rule, _, name = broken.partition(":")
    if rule == REQUIRED and name:
        return BadRow(row, REQUIRED, f"column {name}: found no value, expected one", content)
    found = json.loads(content)[broken].strip()[:100]
    wanted = expected(upload, upload.columns[broken])
    reason = f"column {broken}: found {found!r}, expected {wanted}"
    return BadRow(row, f"{broken}_readable", reason, content)
