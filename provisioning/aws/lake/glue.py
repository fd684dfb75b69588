"""Glue databases, one for each zone, and their tables, from `tables.json`.

`python -m cloud lake tables` writes that document from the definitions of the lake; no crawler
guesses columns from files. Partitions are computed from the day (partition projection), so a new
day needs no registration. A partition is not the folder of its files but the list of them that
`cloud.lake.file_lists` writes: a folder can contain files that no snapshot has.
"""

import json
from collections.abc import Collection
from importlib import resources
from typing import Any, Final

from provisioning.aws import buckets
from provisioning.aws.buckets import Resource
from provisioning.aws.lake.access import underscored_stage
from provisioning.aws.lake.zones import ZONES

DOCUMENT: Final = "tables.json"
TYPES: Final = {
    "integer": "bigint",
    "text": "string",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
FIRST_DAY: Final = "2024-01-01"
"""No row is older. Athena looks up each day of the range that a query does not exclude."""
LISTS: Final = "_lists"
HIVE: Final = "org.apache.hadoop.hive.ql.io"

Table = dict[str, Any]


def read_tables() -> list[Table]:
    """The tables of the document."""
    text = resources.files("provisioning.aws.lake").joinpath(DOCUMENT).read_text()
    tables: list[Table] = json.loads(text)["tables"]
    return tables


def glue_resources(zones: Collection[str] = ZONES) -> dict[str, Resource]:
    """Databases of the zones and their tables."""
    databases = {f"{zone.title()}Database": _database(zone) for zone in zones}
    chosen = [table for table in read_tables() if table["zone"] in zones]
    return databases | {_resource_name(table): _table(table) for table in chosen}


def _resource_name(table: Table) -> str:
    words = f"{table['zone']}_{table['name']}".split("_")
    return "".join(word.title() for word in words)


def _database(zone: str) -> Resource:
    name = {"Fn::Join": ["_", ["onlooker", underscored_stage(), zone]]}
    return {
        "Type": "AWS::Glue::Database",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseInput": {"Name": name, "Description": f"{zone} zone of the lake"},
        },
    }


def _table(table: Table) -> Resource:
    zone, name = table["zone"], table["name"]
    folder = f"s3://{buckets.name(zone)['Fn::Sub']}/{LISTS}/{zone}/{name}/"
    location = {"Fn::Sub": folder}
    day = table["partition"]
    template = {"Fn::Sub": f"{folder}{day}=${{!{day}}}/"}
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": f"{zone.title()}Database"},
            "TableInput": {
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": _parameters(table, template),
                "PartitionKeys": [{"Name": table["partition"], "Type": "date"}],
                "StorageDescriptor": _storage(table, location),
            },
        },
    }


def _parameters(table: Table, template: Resource) -> dict[str, Any]:
    prefix = f"projection.{table['partition']}"
    return {
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "onlooker.schema_version": str(table["schema_version"]),
        "projection.enabled": "true",
        f"{prefix}.type": "date",
        f"{prefix}.format": "yyyy-MM-dd",
        f"{prefix}.range": f"{FIRST_DAY},NOW",
        "storage.location.template": template,
    }


def _storage(table: Table, location: Resource) -> dict[str, Any]:
    return {
        "Location": location,
        "InputFormat": f"{HIVE}.SymlinkTextInputFormat",
        "OutputFormat": f"{HIVE}.IgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{HIVE}.parquet.serde.ParquetHiveSerDe"},
        "Columns": [
            {
                "Name": column["name"],
                "Type": TYPES[column["type"]],
                "Comment": column["description"],
            }
            for column in table["columns"]
        ],
    }
