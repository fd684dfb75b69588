"""Provisioning creates the AWS tables from a document, which must equal the cloud's definitions."""

from pathlib import Path

from cloud.__main__ import main
from cloud.lake.registry import TABLES
from cloud.lake.table_list import TYPE_NAMES, describe_tables
from cloud.lake.tables import COLUMN_TYPES, Zone
from provisioning.aws.lake import glue, zones


def test_the_document_is_current():
    document = Path(glue.__file__).with_name(glue.DOCUMENT).read_text()
    assert document == describe_tables(TABLES), (
        "run: python -m cloud lake tables > provisioning/aws/lake/tables.json"
    )


def test_the_command_prints_the_document(capsys):
    assert main(["lake", "tables"]) == 0
    assert capsys.readouterr().out == describe_tables(TABLES)


def test_every_type_of_a_column_has_a_name_and_a_type_in_glue():
    assert set(TYPE_NAMES) == set(COLUMN_TYPES)
    assert set(TYPE_NAMES.values()) == set(glue.TYPES)


def test_every_zone_has_a_bucket():
    assert tuple(Zone) == zones.ZONES
