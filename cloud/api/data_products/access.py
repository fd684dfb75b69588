"""Which data products a caller may read: those that name one of the caller's roles."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Path

from cloud.api.data_products.failures import DataUnavailable, UnknownDataProduct
from cloud.auth.access import Caller, allow_roles
from cloud.auth.keys import Role

if TYPE_CHECKING:
    from cloud.products.definitions.product import DataProduct, ShownTable

READERS: Final = allow_roles(Role.SALES, Role.OPERATIONS, Role.FINANCE)
NAME: Final = r"^[a-z][a-z0-9_]{0,62}$"
ProductName = Annotated[str, Path(pattern=NAME, alias="product", examples=["orders"])]
TableName = Annotated[str, Path(pattern=NAME, alias="table", examples=["orders_by_month"])]
KpiName = Annotated[str, Path(pattern=NAME, alias="kpi", examples=["revenue"])]


def list_visible(caller: Caller) -> "list[DataProduct]":
    """The products that the caller may read."""
    from cloud.products.definitions.product import list_products

    return [one for one in list_products() if caller.roles & set(one.file.roles)]


def find_visible(caller: Caller, name: str) -> "DataProduct":
    """One product; raises UnknownDataProduct for one that the caller may not read too."""
    found = next((one for one in list_visible(caller) if one.name == name), None)
    if found is None:
        raise UnknownDataProduct(f"no data product {name!r}: GET /api/data-products lists them")
    return found


def find_shown(product: "DataProduct", table: str) -> "ShownTable":
    """One result of the product; raises UnknownDataProduct."""
    shown = product.shown(table)
    if shown is None:
        names = ", ".join(one.table for one in product.file.shows) or "none"
        raise UnknownDataProduct(f"{product.name} shows no table {table!r}: it has {names}")
    return shown


@contextmanager
def explaining_failures() -> Iterator[None]:
    """Turn failures of the lake's files into a refusal that says what to do."""
    import duckdb
    import pyarrow as pa

    from cloud.lake.file_checks import DamagedFileError

    try:
        yield
    except (DamagedFileError, OSError, pa.ArrowException, duckdb.Error) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
        raise DataUnavailable(
            f"the files of the lake cannot be read: {reason}. `python -m cloud lake verify` lists "
            "damaged files"
        ) from error
