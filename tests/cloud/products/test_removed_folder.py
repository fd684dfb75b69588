"""A product whose folder is removed breaks nothing else, and its rows in the manifest neither."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from cloud.__main__ import main
from cloud.api.application import create_app
from cloud.cli.nightly.product_steps import ProductSteps
from cloud.database import writing
from cloud.lake import query
from cloud.lake.catalogue import descriptions, facts, lineage
from cloud.lake.expiry import expire
from cloud.lake.lake import Lake
from cloud.lake.manifest import Operation, commit
from cloud.lake.recovery.reconcile import find_newer_tables
from cloud.lake.registry import UnknownTableError, all_tables, find_table, tables_by_name
from cloud.lake.tables import TIMESTAMP, LakeTable
from cloud.lake.trusted import product_folders
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.declared_tables import DeclaredTable, declared_contract, declared_tables
from cloud.lake.trusted.product_folders import DEFINITION, OWN_PRODUCTS
from cloud.lake.verification import verify
from cloud.lake.writer import write_days
from cloud.products.definitions.product import list_products
from cloud.products.open_lake import ServedProducts
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.data_products.conftest import PATH
from tests.cloud.app_context import ManualClock, open_app_context
from tests.cloud.products.conftest import NOW

NAMES: Final = sorted(path.parent.name for path in OWN_PRODUCTS.glob(f"*/{DEFINITION}"))
CACHED: Final[tuple[Any, ...]] = (
    list_products, declared_tables, all_tables, tables_by_name, contracted_tables,
    lineage.list_steps, descriptions._describe_declared, facts._read_own_contract,
    query.list_views,
)  # fmt: skip
VALUES: Final = {
    pa.int64(): 1, pa.string(): "x", pa.bool_(): True, pa.date32(): NOW.date(), TIMESTAMP: NOW,
}  # fmt: skip
Remove = Callable[[str], None]


def forget() -> None:
    for one in CACHED:
        one.cache_clear()


@pytest.fixture(scope="module")
def declared() -> tuple[DeclaredTable, ...]:
    """The tables of all products, read once."""
    return declared_tables()


@pytest.fixture
def remove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remove]:
    """Lets the folders of products be found without that of one."""

    def remove_folder(name: str) -> None:
        root = tmp_path / "products"
        root.mkdir()
        for other in NAMES:
            if other != name:
                (root / other).symlink_to(OWN_PRODUCTS / other)
        monkeypatch.setattr(product_folders, "OWN_PRODUCTS", root)
        forget()

    yield remove_folder
    monkeypatch.undo()
    forget()


def commit_row(lake: Lake, table: LakeTable, now: datetime, *, is_replaced: bool) -> None:
    row = {one.name: [VALUES[one.type]] for one in table.columns} | {"day": [now.date()]}
    files = list(write_days(lake.storage, table, pa.table(row)))
    with writing(lake.engine) as connection:
        commit(connection, table.full_name, Operation.APPEND, added=files, now=now)
        if is_replaced:
            commit(connection, table.full_name, Operation.REPLACE, removed=files, now=now)


@pytest.mark.parametrize("name", NAMES)
def test_the_others_and_the_lake_work_without_a_folder(
    name: str,
    declared: tuple[DeclaredTable, ...],
    remove: Remove,
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    tables = [one.table for one in declared if one.product == name]
    for table in tables:
        for is_replaced in (True, False):
            commit_row(lake, table, NOW - timedelta(days=20), is_replaced=is_replaced)
    removed = [table.full_name for table in tables]
    assert len(removed) >= 2
    remove(name)
    assert [one.name for one in list_products()] == [one for one in NAMES if one != name]
    require_unknown(removed)
    step = ProductSteps(lake, lambda: NOW)
    assert [one.name for one in step.steps()] == ["products"]
    assert list(step.run().notes) == []

    monkeypatch.setenv("ONLOOKER_DATABASE_URL", f"sqlite:///{tmp_path}/onlooker.db")
    monkeypatch.setenv("ONLOOKER_LAKE", str(tmp_path / "lake"))
    assert main(["lake", "status"]) == 0
    assert list(verify(lake)) == []
    expired = expire(lake, actor="ann", now=NOW)
    assert (expired.retired, expired.deleted) == (len(removed), len(removed))
    assert list(verify(lake)) == []
    assert find_newer_tables(lake) == []


def require_unknown(removed: list[str]) -> None:
    """Registry, contracts, lineage and catalogue have the tables of the others only."""
    known = {table.full_name for table in all_tables()}
    assert known.isdisjoint(removed)
    assert {table for one in list_products() for table in one.tables} <= known
    for table in removed:
        assert declared_contract(table) is None
        with pytest.raises(UnknownTableError, match="is not known"):
            find_table(table)
    sources = {table: read for step in lineage.list_steps() for table, read in step.sources.items()}
    assert sources.keys().isdisjoint(removed)
    assert not {read for reads in sources.values() for read in reads}.intersection(removed)
    assert {one.target.full_name for one in contracted_tables()} <= known
    assert all(descriptions.describe_table(table) for table in known)


def test_the_server_has_the_other_products(remove: Remove, tmp_path: Path):
    remove("orders")
    with open_app_context(tmp_path, ManualClock()) as context:
        served = ServedProducts(str(tmp_path / "lake"))
        api = ApiClient(create_app(replace(context, served_products=served)))
        listed = api.get(PATH).json()["products"]
        assert [one["name"] for one in listed] == [one for one in NAMES if one != "orders"]
        assert api.get(f"{PATH}/orders").status_code == 404
        assert api.get(f"{PATH}/sales").json()["kpis"][0]["name"] == "revenue"
