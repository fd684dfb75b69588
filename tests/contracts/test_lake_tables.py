"""What provisioning on AWS takes from the lake: its tables, its zones, the figures of its log."""

import json
import re
from datetime import date
from pathlib import Path

from cloud.__main__ import main
from cloud.cli.nightly.lake_steps import log_promotion
from cloud.lake.file_lists import list_path
from cloud.lake.registry import TABLES
from cloud.lake.table_list import TYPE_NAMES, describe_tables
from cloud.lake.tables import COLUMN_TYPES, Zone
from cloud.logs import JsonLines
from provisioning.aws.lake import glue, zones
from provisioning.aws.templates import TEMPLATES
from tests.cloud.databases import new_database

FIGURES = (  # metric filter, the line of an update that it matches, the figure
    ("PromotedReports", "raw", "promoted"),
    ("QuarantinedReports", "raw", "quarantined"),
    ("PromotedRows", "trusted", "promoted"),
    ("QuarantinedRows", "trusted", "quarantined"),
)


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


def test_athena_looks_for_the_list_of_a_day_where_the_lake_writes_it():
    for name, table in glue.glue_resources().items():
        if table["Type"] != "AWS::Glue::Table":
            continue
        zone = table["Properties"]["DatabaseName"]["Ref"].removesuffix("Database").lower()
        given = table["Properties"]["TableInput"]
        folder = given["Parameters"]["storage.location.template"]["Fn::Sub"]
        written = list_path(f"{zone}.{given['Name']}", date(2026, 11, 1)).rpartition("/")[0]
        assert folder.replace("${!day}", "2026-11-01").endswith(f"/{written}/"), name


def test_the_filters_of_cloudwatch_match_the_lines_of_an_update(tmp_path, capsys):
    words = ["--database", new_database(tmp_path), "--lake", str(tmp_path / "lake")]
    assert main(["lake", *words, "update"]) == 0
    lines = capsys.readouterr().out.splitlines()
    resources = TEMPLATES["lake-runs"]()["Resources"]
    for name, zone, figure in FIGURES:
        words = "reports promoted to the raw zone" if zone == "raw" else "trusted zone"
        [found] = [line.split() for line in lines if words in line]
        properties = resources[f"{name}OfUpdate"]["Properties"]
        fields = properties["FilterPattern"].strip("[]").split(", ")
        matched = dict(zip((field.split("=")[0] for field in fields), found, strict=True))
        wanted = dict(field.split("=") for field in fields if "=" in field)
        assert {field: matched[field] for field in wanted} == wanted
        assert properties["MetricTransformations"][0]["MetricValue"] == f"${figure}"
        assert matched[figure] == "0"


def test_the_filters_of_cloudwatch_match_the_log_of_a_nightly_run(caplog):
    caplog.set_level("INFO")
    for zone in (Zone.RAW, Zone.TRUSTED):
        log_promotion(zone, 7, 2)
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    resources = TEMPLATES["lake-runs"]()["Resources"]
    for name, zone, figure in FIGURES:
        properties = resources[f"{name}OfNight"]["Properties"]
        wanted = dict(re.findall(r'\$\.(\w+) = "([^"]+)"', properties["FilterPattern"]))
        [found] = [line for line in lines if wanted.items() <= line.items()]
        assert found["zone"] == zone
        value = properties["MetricTransformations"][0]["MetricValue"]
        assert found[value.removeprefix("$.")] == {"promoted": 7, "quarantined": 2}[figure]
