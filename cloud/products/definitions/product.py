"""Read `product.yaml`, the definition of a data product, strictly.

It says which uploads there are and how their columns are read, who may read the product, which
gates its rows must pass, and which tables its page and its endpoints show. Rules, owners and
retention are in the contracts, results in the SQL files.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from cloud.auth.keys import Role
from cloud.lake.tables import Zone
from cloud.lake.trusted.declared_tables import ROW_ORIGIN, DeclaredTable, declared_tables
from cloud.lake.trusted.product_folders import DEFINITION, find_product_folders
from cloud.products.definitions.columns import (
    SQL_TYPES,
    ColumnType,
    DayOrder,
    DecimalMark,
    DefinitionPart,
    Name,
    Text,
    UploadColumn,
    normalise_heading,
)
from cloud.products.definitions.gate import Gate
from cloud.products.definitions.limits import UsageLimits
from cloud.products.definitions.plots import ReportPlot
from cloud.products.definitions.query import UploadQuery
from cloud.suggestions import unknown_word
from cloud.yaml_document import DocumentError, read_document


class Unit(DefinitionPart, frozen=True, kw_only=True):
    """How the numbers of a column are shown."""

    kind: Literal[
        "count", "money", "basis_points", "thousandths", "hours", "days", "date", "month", "text"
    ]  # fmt: skip
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None


class ShownColumn(DefinitionPart, frozen=True, kw_only=True):
    """A column of a table as people read it."""

    name: Name
    title: Text
    unit: Unit


class ShownTable(DefinitionPart, frozen=True, kw_only=True):
    """A result that endpoints and the page show: its columns, filters and usual order."""

    table: Name
    title: Text
    description: Text
    columns: Annotated[tuple[ShownColumn, ...], Meta(min_length=1)]
    filters: tuple[Name, ...] = ()
    search: tuple[Name, ...] = ()
    order: tuple[Annotated[str, Meta(pattern=r"^-?[a-z][a-z0-9_]*$")], ...] = ()


class ProductSection(DefinitionPart, frozen=True, kw_only=True):
    """One part of the page: figures of the first row, a chart of two columns, or a table."""

    show: Literal["figures", "bars", "line", "table"]
    table: Name
    title: Text
    x: Name | None = None
    y: tuple[Name, ...] = ()


class Upload(DefinitionPart, frozen=True, kw_only=True):
    """Files, or the rows of a query, that become rows of one table.

    `files` are patterns of file names, such as `orders*.csv`. With `replaces` the rows of a file
    replace those of the files before it; without, they are added. With `personal` the file itself
    is deleted when its rows are loaded.
    """

    table: Name
    title: Text
    files: tuple[Text, ...] = ()
    query: UploadQuery | None = None
    columns: Annotated[dict[Name, UploadColumn], Meta(min_length=1)]
    replaces: bool = False
    personal: bool = False
    day_order: DayOrder | None = None
    decimal_mark: DecimalMark = DecimalMark.POINT
    time_zone: Text = "UTC"

    def __post_init__(self) -> None:
        if not self.files and self.query is None:
            raise ValueError(f"upload {self.table}: expected files, query or both")


class ProductFile(DefinitionPart, frozen=True, kw_only=True):
    """`product.yaml` as written."""

    name: Name
    title: Text
    purpose: Text
    owner: Text
    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]
    uploads: tuple[Upload, ...] = ()
    gates: tuple[Gate, ...] = ()
    limits: UsageLimits | None = None
    shows: tuple[ShownTable, ...] = ()
    page: tuple[ProductSection, ...] = ()
    report: tuple[ReportPlot, ...] = ()


@dataclass(frozen=True, slots=True)
class DataProduct:
    """A data product: its folder, its definition and its declared tables by `zone.table`."""

    folder: Path
    file: ProductFile
    tables: Mapping[str, DeclaredTable]

    @property
    def name(self) -> str:
        """The name, which is that of the folder."""
        return self.file.name

    def find_pseudonyms(self, table: str) -> frozenset[str]:
        """Columns of an uploaded table that hold pseudonyms."""
        return frozenset(
            name
            for upload in self.file.uploads
            if upload.table == table
            for name, column in upload.columns.items()
            if column.type is ColumnType.PSEUDONYM
        )

    def shown(self, table: str) -> ShownTable | None:
        """What endpoints show of a result; None: it is not shown."""
        return next((one for one in self.file.shows if one.table == table), None)


class UnknownProductError(LookupError):
    """No data product has this name."""


@cache
def list_products() -> tuple[DataProduct, ...]:
    """All data products, by folder.

    Raises:
        DocumentError: a definition is not valid; it names the file and the place.
    """
    return tuple(_read_product(folder) for folder in find_product_folders())


def find_product(name: str) -> DataProduct:
    """The product of this name; raises UnknownProductError with those that there are."""
    products = {one.name: one for one in list_products()}
    if name not in products:
        raise UnknownProductError(unknown_word("data product", name, products))
    return products[name]


def _read_product(folder: Path) -> DataProduct:
    path = folder / DEFINITION
    file = read_document(path, ProductFile)
    if file.name != folder.name:
        raise DocumentError(f"{path}: found the name {file.name}, expected that of the folder")
    tables = {one.table.full_name: one for one in declared_tables() if one.product == file.name}
    product = DataProduct(folder, file, tables)
    for problem in _find_problems(product):
        raise DocumentError(f"{path}: {problem}")
    return product


def _find_problems(product: DataProduct) -> Sequence[str]:
    file = product.file
    problems = [
        problem for upload in file.uploads for problem in _check_upload(product, upload)
    ]  # fmt: skip
    problems += [problem for one in file.shows for problem in _check_shown(product, one)]
    problems += [
        unknown_word(f"table of the gate {gate.name}", name, product.tables)
        for gate in file.gates
        for name in gate.reads
        if name not in product.tables
    ]
    for section in file.page:
        named = [*([section.x] if section.x else []), *section.y]
        problems += _check_drawn(product, section.table, named)
    for plot in file.report:
        for table, column in plot.named_columns():
            problems += _check_drawn(product, table, [column])
    return problems


def _check_drawn(product: DataProduct, table: str, named: Sequence[str]) -> Sequence[str]:
    """Only what `shows` has can be drawn."""
    shown = product.shown(table)
    if shown is None:
        names = [one.table for one in product.file.shows]
        return [unknown_word("table of the page", table, names)]
    columns = [column.name for column in shown.columns]
    return [unknown_word("column", name, columns) for name in named if name not in columns]


def _find_shared_headings(upload: Upload) -> Sequence[str]:
    """Headings that two columns claim: a file could not be read."""
    claimed: dict[str, str] = {}
    problems = []
    for name, column in upload.columns.items():
        for heading in {normalise_heading(one) for one in (name, *column.headings)}:
            other = claimed.setdefault(heading, name)
            if other != name:
                problems.append(
                    f"upload {upload.table}: columns {other} and {name} both have the heading "
                    f"{heading!r}: rename one"
                )
    return problems


def _check_upload(product: DataProduct, upload: Upload) -> Sequence[str]:
    declared = product.tables.get(f"{Zone.TRUSTED}.{upload.table}")
    if declared is None:
        return [f"upload {upload.table}: contracts/trusted.{upload.table}.yaml is missing"]
    origin = {column.name for column in ROW_ORIGIN}
    promised = {
        column.name: column.type
        for column in declared.contract.columns
        if column.name not in origin
    }
    read = {name: SQL_TYPES[column.type] for name, column in upload.columns.items()}
    return [
        f"upload {upload.table}: column {name}: found {read.get(name, 'nothing')}, expected "
        f"{promised.get(name, 'no such column')} as the contract has it"
        for name in {**promised, **read}
        if promised.get(name) != read.get(name)
    ] + [*_find_shared_headings(upload)]


def _check_shown(product: DataProduct, shown: ShownTable) -> Sequence[str]:
    declared = product.tables.get(f"{Zone.CURATED}.{shown.table}")
    if declared is None:
        names = [one.table.name for one in product.tables.values() if one.is_result]
        return [unknown_word("table to show", shown.table, names)]
    columns = declared.table.schema.names
    named = [
        *(column.name for column in shown.columns), *shown.filters, *shown.search,
        *(re.sub("^-", "", name) for name in shown.order),
    ]  # fmt: skip
    return [unknown_word("column", name, columns) for name in named if name not in columns]
