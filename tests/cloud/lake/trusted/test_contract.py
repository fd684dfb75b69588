"""The contracts match their tables and the standard; a file that is not a contract is refused."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from cloud.lake.reader import SQL_TYPES
from cloud.lake.registry import TABLES
from cloud.lake.tables import LakeTable, Zone
from cloud.lake.trusted.contract import CONTRACTS, NOT_DELETED, NOT_LIMITED, read_contract
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.retention import COMMON
from cloud.lake.trusted.tables import TRUSTED_TABLES
from cloud.yaml_document import DocumentError
from wire.audience import AgeGroup, AttentionBasis, Gender

NAME = "trusted.audience_sensors"
TEXT = (CONTRACTS / f"{NAME}.yaml").read_text()
QUERY = "SELECT count(*) FROM {object} WHERE (\n            samples >= 1\n          ) IS NOT TRUE"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_a_contract_has_the_columns_and_the_identity_of_its_table(table: LakeTable):
    contract = read_contract(table.full_name)
    promised = [(one.name, one.type, one.required) for one in contract.columns]
    assert promised == [
        (column.name, SQL_TYPES[column.type], not column.nullable) for column in table.columns
    ]
    if table.zone in (Zone.TRUSTED, Zone.CURATED):
        assert set(contract.identity) <= set(table.sort_by), "the order of the rows is not total"
    assert len({one.name for one in contract.rules}) == len(contract.rules)
    assert (contract.limits == NOT_LIMITED) == (table not in TRUSTED_TABLES)
    assert (contract.retention == NOT_DELETED) == (table.zone == Zone.CURATED)


def test_the_retention_of_every_contract_is_applied():
    for one in contracted_tables():
        if one.target in TRUSTED_TABLES:  # those of products have one contract for both
            raw = read_contract(one.source.full_name)
            assert raw.retention == one.contract.retention, "a table and its source expire together"
    contracted = {table for one in contracted_tables() for table in (one.source, one.target)}
    zones = (Zone.LANDING, Zone.RAW, Zone.TRUSTED)
    expected = {table for table in TABLES if table.zone in zones}
    assert expected <= contracted | set(COMMON)


def test_every_contract_is_of_a_table():
    names = {path.stem for path in CONTRACTS.glob("*.yaml")}
    assert names == {table.full_name for table in TABLES}


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_and_the_model_of_the_standard_accept_a_contract(path: Path):
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text())
    assert schema["properties"]["apiVersion"]["default"] == "v3.1.0"
    jsonschema_rs.Draft201909Validator(schema).validate(yaml.safe_load(path.read_text()))
    found = OpenDataContractStandard.from_file(str(path))
    assert found.id == path.stem
    assert found.schema_ is not None


def test_the_words_that_a_contract_allows_are_those_of_the_wire():
    contract = read_contract("trusted.audience_demographics")
    conditions = {rule.name: rule.condition for rule in contract.rules}
    for rule, words in (("age_known", AgeGroup), ("gender_known", Gender)):
        listed = conditions[rule].partition(" IN ")[2]
        assert listed == f"({', '.join(repr(word.value) for word in words)})"
    reports = {one.name: one.condition for one in read_contract("trusted.audience_reports").rules}
    assert all(repr(basis.value) in reports["attention_basis_known"] for basis in AttentionBasis)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("v3.1.0", "v3.0.0", "Invalid enum value 'v3.0.0' - at `$.apiVersion`"),
        ("id: trusted.audience_sensors", "id: trusted.x", "found the contract of trusted.x"),
        (
            "    quality:",
            "    qualities:",
            "field 'qualities' is not known: did you mean 'quality'",
        ),
        ("mustBe: 0", "mustBe: 1", "$.schema[0].quality[0].mustBe"),
        (QUERY, "SELECT 1", "rule samples_positive: found the query 'SELECT 1', expected the form"),
        (
            "primaryKeyPosition: 4",
            "primaryKeyPosition: 5",
            "must count the columns of the identity",
        ),
        ("property: freshness", "property: retention", "freshness is missing"),
        ("property: minQuarantinedRows", "property: maxQuarantinedPercent", "minQuarantinedRows"),
        ("value: 455", "value: long", "Expected `int`, got `str`"),
        ("team:\n", "owner:\n", "field 'owner' is not known"),
    ],
)
def test_a_contract_that_is_not_valid_is_refused(tmp_path: Path, old: str, new: str, sentence: str):
    assert old in TEXT
    (tmp_path / f"{NAME}.yaml").write_text(TEXT.replace(old, new))
    with pytest.raises(DocumentError) as refused:
        read_contract(NAME, tmp_path)
    assert sentence in str(refused.value)
