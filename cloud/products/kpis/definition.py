"""Read `kpis.yaml`: key figures of a data product, each an expression over one source.

A source is a table of uploads, with others joined to it, and the column that has its day. A figure
is one of: a value, such as `sum(amount_minor)`; a ratio of two values; the growth of another figure
against the period before; the share of subjects, such as customers, that came back or stayed away.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta

from cloud.lake.tables import Zone
from cloud.products.definitions.columns import DefinitionPart, Name, Text
from cloud.products.definitions.product import DataProduct, Unit, UnknownProductError
from cloud.suggestions import unknown_word
from cloud.yaml_document import DocumentError, read_document

FILE: Final = "kpis.yaml"
Expression = Annotated[str, Meta(min_length=1, max_length=1_000)]


class Join(DefinitionPart, frozen=True, kw_only=True):
    """A table of further columns, found by columns of the same name."""

    table: Name
    by: Annotated[tuple[Name, ...], Meta(min_length=1)]


class KpiSource(DefinitionPart, frozen=True, kw_only=True):
    """Rows that figures are computed from; `day` is the column with the day of a row.

    `subjects` are columns that are only counted, such as customers: a hash of 64 bits stands for
    each value. `dimensions` are columns to group, filter and search by.
    """

    table: Name
    day: Name
    joins: tuple[Join, ...] = ()
    dimensions: tuple[Name, ...] = ()
    subjects: tuple[Name, ...] = ()


class ReturnShare(DefinitionPart, frozen=True, kw_only=True):
    """The share of the subjects of the period before that are there again, or are not."""

    subject: Name
    counts: Literal["kept", "lost"]


class Kpi(DefinitionPart, frozen=True, kw_only=True):
    """One figure: exactly one of `value`, `ratio` with `per`, `growth_of` and `returns`."""

    name: Name
    title: Text
    description: Text
    source: Name
    unit: Unit
    value: Expression | None = None
    ratio: Expression | None = None
    per: Expression | None = None
    growth_of: Name | None = None
    returns: ReturnShare | None = None


class KpiFile(DefinitionPart, frozen=True, kw_only=True):
    """`kpis.yaml` as written."""

    sources: dict[Name, KpiSource]
    kpis: tuple[Kpi, ...]


class UnknownKpiError(LookupError):
    """The product has no figure of this name."""


@cache
def read_kpis(folder: Path) -> KpiFile | None:
    """The figures that a folder declares; None: it declares none.

    Raises:
        DocumentError: the file is not valid; it names the place.
    """
    path = folder / FILE
    if not path.exists():
        return None
    file = read_document(path, KpiFile)
    names = {kpi.name: kpi for kpi in file.kpis}
    if len(names) != len(file.kpis):
        raise DocumentError(f"{path}: two figures have the same name")
    for kpi in file.kpis:
        problem = _find_problem(kpi, file.sources, names)
        if problem is not None:
            raise DocumentError(f"{path}: figure {kpi.name}: {problem}")
    return file


def list_kpis(product: DataProduct) -> tuple[Kpi, ...]:
    """The figures of a product, in their order."""
    file = read_kpis(product.folder)
    return file.kpis if file else ()


def find_kpi(product: DataProduct, name: str) -> Kpi:
    """One figure; raises UnknownKpiError with those that there are."""
    kpis = {kpi.name: kpi for kpi in list_kpis(product)}
    if name not in kpis:
        raise UnknownKpiError(unknown_word("figure", name, kpis))
    return kpis[name]


def trusted_name(table: str) -> str:
    """A table of uploads as the lake names it."""
    return f"{Zone.TRUSTED}.{table}"


def require_tables(product: DataProduct, source: KpiSource) -> None:
    """Check that the tables of a source are declared.

    Raises:
        UnknownProductError: a table is declared neither by this product nor by another one.
    """
    for table in (source.table, *(join.table for join in source.joins)):
        if trusted_name(table) not in product.tables:
            raise UnknownProductError(unknown_word("table", table, product.tables))


def _find_problem(
    kpi: Kpi, sources: Mapping[str, KpiSource], names: Mapping[str, Kpi]
) -> str | None:
    if kpi.source not in sources:
        return unknown_word("source", kpi.source, sources)
    kinds = [kpi.value, kpi.ratio, kpi.growth_of, kpi.returns]
    if sum(kind is not None for kind in kinds) != 1 or (kpi.ratio is None) != (kpi.per is None):
        return "expected one of value, ratio with per, growth_of, and returns"
    if kpi.growth_of is not None:
        other = names.get(kpi.growth_of)
        if other is None or other.value is None or other.source != kpi.source:
            return f"growth_of names {kpi.growth_of}, expected a figure with a value and its source"
    return None
