"""Glue databases and tables: every table of the document, its columns, and its partitions."""

import pytest

from provisioning.aws.lake import glue


@pytest.fixture(scope="module")
def tables():
    return [
        one["Properties"]
        for one in glue.glue_resources().values()
        if one["Type"] == "AWS::Glue::Table"
    ]


def test_every_zone_has_a_database():
    databases = [
        one["Properties"]["DatabaseInput"]["Name"]["Fn::Join"][1][-1]
        for one in glue.glue_resources().values()
        if one["Type"] == "AWS::Glue::Database"
    ]
    assert databases == ["landing", "raw", "trusted", "curated"]


def test_every_table_of_the_document_has_its_columns(tables):
    found = {
        (one["DatabaseName"]["Ref"], one["TableInput"]["Name"]): one["TableInput"] for one in tables
    }
    assert len(found) == len(glue.read_tables()) >= 6
    for table in glue.read_tables():
        glue_table = found[f"{table['zone'].title()}Database", table["name"]]
        columns = glue_table["StorageDescriptor"]["Columns"]
        assert [one["Name"] for one in columns] == [one["name"] for one in table["columns"]]
        assert {one["Type"] for one in columns} <= set(glue.TYPES.values())
        assert all(one["Comment"] for one in columns)


def test_a_table_is_read_by_day_without_registering_partitions(tables):
    [table] = [
        one["TableInput"]
        for one in tables
        if (one["DatabaseName"]["Ref"], one["TableInput"]["Name"])
        == ("RawDatabase", "audience_reports")
    ]
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "date"}]
    parameters = table["Parameters"]
    folder = "s3://onlooker-${Stage}-raw-${AWS::AccountId}/_lists/raw/audience_reports/"
    assert table["StorageDescriptor"]["Location"] == {"Fn::Sub": folder}
    assert parameters["storage.location.template"] == {"Fn::Sub": f"{folder}day=${{!day}}/"}
    assert table["StorageDescriptor"]["InputFormat"].endswith(".SymlinkTextInputFormat")
    assert parameters["projection.enabled"] == "true"
    assert parameters["projection.day.range"].endswith(",NOW")
    types = {one["Name"]: one["Type"] for one in table["StorageDescriptor"]["Columns"]}
    assert (types["starts_at"], types["visits"], types["device"]) == (
        "timestamp",
        "bigint",
        "string",
    )
