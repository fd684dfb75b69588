"""Stores, products and rates are loaded from files, or refused with the line."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud.database import reading, writing
from cloud.database.retail import retail_products, retail_stores
from cloud.ingest.retail.master_data import read_master_data
from cloud.ingest.retail.master_data_files import (
    PRODUCTS,
    RATES,
    STORES,
    MasterDataError,
    MasterFile,
    load_master_file,
)
from cloud.ingest.retail.rules import IngestRules
from tests.cloud.databases import new_engine

STORE_LINES = (
    "store,region,city,postcode,latitude,longitude,setting,cluster,purchasing_power_index,timezone",
    "S1,london,London,N1 1AA,51.5,-0.1,urban,london-0,118,Europe/London",
    "S2,wales,Cardiff,CF1 1AA,51.4,-3.1,rural,wales-1,88,",
)
PRODUCT_LINES = (
    "product,sku,category,name,unit_size,currency,map,legal_floor",
    "juice,SKU-1,juice/orange,Orange juice,1 l,GBP,1.99,0.80",
    "juice,SKU-2,juice/orange,Orange juice,6 x 1 l,GBP,,",
)
RATE_LINES = ("base_currency,currency,rated_on,rate", "GBP,EUR,2026-03-06,0.85")


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    engine = new_engine(tmp_path)
    yield engine
    engine.dispose()


def _load(engine: Engine, kind: MasterFile, lines: tuple[str, ...], folder: Path) -> int:
    path = folder / "file.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with writing(engine) as connection:
        return load_master_file(connection, kind, path)


def test_files_are_loaded_and_replace_rows(engine: Engine, tmp_path: Path) -> None:
    assert _load(engine, STORES, STORE_LINES, tmp_path) == 2
    assert _load(engine, PRODUCTS, PRODUCT_LINES, tmp_path) == 2
    assert _load(engine, RATES, RATE_LINES, tmp_path) == 1
    moved = (STORE_LINES[0], STORE_LINES[1].replace("N1 1AA", "N2 2BB"))
    assert _load(engine, STORES, moved, tmp_path) == 1
    with reading(engine) as connection:
        known = read_master_data(connection, IngestRules())
        limits = connection.execute(select(retail_products.c.map_minor)).scalars().all()
    assert known.stores["S1"].postcode == "N2 2BB"
    assert known.stores["S2"].timezone is None
    assert known.products["SKU-2"].unit_size == "6 x 1 l"
    assert limits == [199, None]


@pytest.mark.parametrize(
    ("kind", "lines", "words"),
    [
        (STORES, ("store,region", "S1,london"), "file.csv:1: found the columns store, region"),
        (STORES, (), "file.csv:1: found the columns none"),
        (STORES, (STORE_LINES[0], "S1,london"), "file.csv:2: found another number of values"),
        (STORES, (*STORE_LINES[:2], STORE_LINES[2].replace("rural", "moon")), "file.csv:3: found"),
        (STORES, (STORE_LINES[0], STORE_LINES[1].replace("51.5", "95")), "expected degrees"),
        (STORES, (STORE_LINES[0], STORE_LINES[1].replace("Europe/London", "Moon/X")), "Moon/X"),
        (STORES, (STORE_LINES[0], STORE_LINES[1].replace("N1 1AA", "")), "postcode is empty"),
        (PRODUCTS, (PRODUCT_LINES[0], PRODUCT_LINES[1].replace("GBP", "GBX")), "'GBX'"),
        (PRODUCTS, (PRODUCT_LINES[0], PRODUCT_LINES[1].replace("1.99", "-1")), "above 0"),
        (PRODUCTS, (PRODUCT_LINES[0], PRODUCT_LINES[1].replace("juice/orange", "j/")), "a path"),
        (RATES, (RATE_LINES[0], "GBP,EUR,2026-03-06,0"), "above 0"),
        (RATES, (RATE_LINES[0], "GBP,EUR,yesterday,0.85"), "file.csv:2: "),
        (RATES, (RATE_LINES[0], "GBP,EUR,2026-03-06,NaN"), "above 0"),
    ],
)  # fmt: skip
def test_a_bad_file_loads_nothing(
    kind: MasterFile, lines: tuple[str, ...], words: str, engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(MasterDataError, match=words):
        _load(engine, kind, lines, tmp_path)
    with reading(engine) as connection:
        assert connection.execute(select(retail_stores)).all() == []


def test_a_missing_file_is_refused(engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as connection, pytest.raises(MasterDataError, match="cannot be read"):
        load_master_file(connection, STORES, tmp_path / "none.csv")
