"""The contracts of all data products match their tables and the standard."""

import json
from importlib.resources import files

import jsonschema_rs
import pytest
import yaml

from cloud.lake.trusted.declared_tables import declared_tables
from cloud.lake.trusted.product_folders import OWN_PRODUCTS
from cloud.products.build import order_results
from cloud.products.definitions.product import list_products

PATHS = sorted(OWN_PRODUCTS.glob("*/contracts/*.yaml"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_schema_of_the_standard_accepts_a_contract(path):
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text())
    jsonschema_rs.Draft201909Validator(schema).validate(yaml.safe_load(path.read_text()))


def test_every_contract_belongs_to_a_product_and_every_result_is_computed_after_its_sources():
    assert {one.table.full_name for one in declared_tables()} == {path.stem for path in PATHS}
    for product in list_products():
        done = {name for name, one in product.tables.items() if not one.is_result}
        for one in order_results(product):
            assert set(one.reads) <= done
            done.add(one.table.full_name)
