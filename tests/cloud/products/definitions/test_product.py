"""Definitions are read strictly; a product of the operator's folder needs no Python."""

import shutil
from pathlib import Path

import pytest

from cloud.lake.registry import all_tables, find_table, tables_by_name
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.declared_tables import declared_contract, declared_tables
from cloud.lake.trusted.product_folders import FOLDER_VARIABLE, OWN_PRODUCTS
from cloud.products.definitions.product import (
    UnknownProductError,
    find_product,
    list_products,
)
from cloud.yaml_document import DocumentError

CACHED = (list_products, declared_tables, all_tables, tables_by_name, contracted_tables)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A copy of the product of orders under another name, in the operator's folder."""
    target = tmp_path / "sales"
    shutil.copytree(OWN_PRODUCTS / "orders", target)
    for path in sorted(target.rglob("*.*")):
        path.write_text(path.read_text().replace("orders_", "sales_"))
        path.rename(path.with_name(path.name.replace("orders_", "sales_")))
    change(target / "product.yaml", "name: orders\n", "name: sales\n")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    forget()
    yield target
    monkeypatch.undo()
    forget()


def forget() -> None:
    for one in CACHED:
        one.cache_clear()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_product_of_the_operator_is_found_with_its_tables(folder: Path):
    product = find_product("sales")
    assert product.folder == folder
    assert find_table("raw.sales_placed").schema.names[-3:] == [
        "upload", "upload_row", "received_at",
    ]  # fmt: skip
    raw = declared_contract("raw.sales_placed")
    assert raw is not None
    assert raw.rules == ()
    assert find_product("orders").folder.parent == OWN_PRODUCTS


def test_an_unknown_product_is_refused_with_those_that_there_are():
    with pytest.raises(UnknownProductError, match="did you mean 'orders'"):
        find_product("order")


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("product.yaml", "name: sales\n", "name: other\n", "expected that of the folder"),
        ("product.yaml", "type: money,", "type: gold,", "gold"),
        ("product.yaml", "type: money,", "type: text,", "found VARCHAR, expected BIGINT"),
        ("product.yaml", 'headings: ["Amount",', 'headings: ["State",', "the heading 'state'"),
        ("product.yaml", "table: sales_by_month\n", "table: sales_by_moon\n", "sales_by_moon"),
        ("product.yaml", "y: [revenue_minor]", "y: [profit]", "profit"),
        ("product.yaml", "order: [status]", "order: [state]", "state"),
        ("product.yaml", "shows:\n", "gates: [{name: g, description: d, at_least: 1, query: "
         "SELECT 1 FROM trusted_sales_plaed}]\nshows:\n", "did you mean 'trusted.sales_placed'"),
        ("product.yaml", "page:\n", "report: [{plot: trend, table: sales_by_month, title: t, "
         "x: month_on, measures: [revenue]}]\npage:\n", "did you mean 'revenue_minor'"),
        ("product.yaml", "page:\n", "report: [{plot: effects, table: sales_by_mont, title: t, "
         "note: n, of: [x], values: [y]}]\npage:\n", "did you mean 'sales_by_month'"),
        ("product.yaml", "purpose:", "reason: x\npurpose:", "unknown field|reason"),
        ("contracts/trusted.sales_placed.yaml", "physicalType: DATE", "physicalType: DAY", "DAY"),
        ("contracts/trusted.sales_placed.yaml", "id: trusted.sales_placed", "id: x", "expected"),
    ],
)  # fmt: skip
def test_a_definition_that_does_not_fit_is_refused_with_its_place(folder, file, old, new, reason):
    change(folder / file, old, new)
    forget()
    with pytest.raises(DocumentError, match=reason):
        list_products()


def test_a_result_without_its_sql_is_refused(folder: Path):
    (folder / "sql" / "sales_kept.sql").unlink()
    with pytest.raises(DocumentError, match=r"sales_kept.sql cannot be read"):
        list_products()


def test_a_contract_of_another_product_is_refused(folder: Path):
    path = folder / "contracts" / "curated.sales_kept.yaml"
    path.rename(path.with_name("curated.kept.yaml"))
    with pytest.raises(DocumentError, match=r"expected trusted\.sales_TABLE\.yaml"):
        list_products()
