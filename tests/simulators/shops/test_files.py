"""The files of a simulated chain: valid messages, the same for the same options."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from cloud.retail_wire import CLEARANCE, PriceMessage, parse_amount, parse_basis_points
from simulators.shops.chain import Chain, draw_chain
from simulators.shops.files import write_master_data, write_points, write_truth
from simulators.shops.options import ChainOptions

OPTIONS = ChainOptions(stores=7, products=9, days=60, first_on=date(2026, 3, 1), seed=5)


@pytest.fixture(scope="module")
def small_chain() -> Chain:
    return draw_chain(OPTIONS)


@pytest.fixture(scope="module")
def messages(small_chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> list[PriceMessage]:
    path = tmp_path_factory.mktemp("shops") / "points.jsonl"
    write_points(small_chain, path)
    return [msgspec.json.decode(line, type=PriceMessage) for line in path.read_bytes().splitlines()]


def test_csv_and_json_lines_have_the_same_points(
    small_chain: Chain, messages: list[PriceMessage], tmp_path: Path
) -> None:
    assert write_points(small_chain, tmp_path / "points.csv") == len(messages)
    rows = list(_read(tmp_path / "points.csv"))
    found = [
        msgspec.convert({k: v for k, v in row.items() if v}, PriceMessage, strict=False)
        for row in rows
    ]
    given = [msgspec.convert(_without_nulls(each), PriceMessage) for each in messages]
    assert found == given


def _without_nulls(message: PriceMessage) -> dict[str, object]:
    return {k: v for k, v in msgspec.to_builtins(message).items() if v is not None}


def test_the_same_options_give_the_same_files(small_chain: Chain, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        again = draw_chain(OPTIONS)
        write_points(again, tmp_path / folder / "points.csv")
        write_master_data(again, tmp_path / folder)
        write_truth(again, tmp_path / folder / "truth.json")
    for name in ("points.csv", "stores.csv", "products.csv", "truth.json"):
        first, second = (tmp_path / folder / name for folder in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_discount_and_list_price_give_the_price(messages: list[PriceMessage]) -> None:
    for each in messages:
        listed, price = parse_amount(each.list_price, 2), parse_amount(each.price, 2)
        paid = listed * (10_000 - parse_basis_points(each.discount_percent)) / 10_000
        assert abs(paid - price) < 1


def test_only_a_clearance_is_below_the_cost(messages: list[PriceMessage]) -> None:
    below = {each.promotion for each in messages if float(each.price) <= float(each.cost)}
    assert below <= {CLEARANCE}
    assert {None, "deal", "feature"} <= {each.promotion for each in messages}


def test_some_points_are_missing_and_some_stock_runs_out(messages: list[PriceMessage]) -> None:
    assert 0 < OPTIONS.stores * OPTIONS.products * OPTIONS.days - len(messages) < 60
    assert any(each.inventory == 0 for each in messages)
    assert any(each.competitor_price is None for each in messages)


def test_stores_and_products_of_the_points_are_in_their_files(
    small_chain: Chain, messages: list[PriceMessage], tmp_path: Path
) -> None:
    write_master_data(small_chain, tmp_path)
    stores = {row["store"]: row for row in _read(tmp_path / "stores.csv")}
    skus = {row["sku"]: row for row in _read(tmp_path / "products.csv")}
    for each in messages:
        store, sku = stores[each.store], skus[each.sku]
        assert (store["region"], store["postcode"]) == (each.region, each.postcode)
        assert (sku["product"], sku["unit_size"]) == (each.product, each.unit_size)


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="") as file:
        yield from csv.DictReader(file)
