"""`python -m cloud lake` with a bucket for each zone, as `provisioning/aws/lake` deploys it."""

import functools
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs

from cloud.__main__ import main
from cloud.database import connect, writing
from cloud.ingest import report_store
from cloud.lake.tables import Zone
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import new_database

LIST = "_lists/raw/audience_reports/day=2026-11-20/files.txt"


@pytest.fixture
def s3(monkeypatch, tmp_path: Path):
    """An S3 on loopback that has the buckets of the zones."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    endpoint = f"http://{host}:{port}"
    to_moto = functools.partial(fs.S3FileSystem, endpoint_override=endpoint)
    monkeypatch.setattr("cloud.lake.storage.fs.S3FileSystem", to_moto)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint)
    for zone in Zone:
        client.create_bucket(Bucket=f"onlooker-test-{zone}-1")
    yield client
    server.stop()


def test_an_update_fills_the_zones_and_tells_athena_its_files(
    s3, tmp_path: Path, report: Reports, capsys
):
    url = new_database(tmp_path)
    engine = connect(url)
    with writing(engine) as connection:
        report_store.write_reports(connection, [report(1), report(2)], NINE)
    engine.dispose()
    lake = ["lake", "--database", url, "--lake", "s3://onlooker-test-{zone}-1"]
    assert main([*lake, "update"]) == 0
    capsys.readouterr()
    assert main([*lake, "query", "SELECT sum(visits) FROM raw_audience_reports"]) == 0
    assert capsys.readouterr().out.split()[-1] == "4"
    listed = s3.get_object(Bucket="onlooker-test-raw-1", Key=LIST)["Body"].read().decode()
    folder = "s3://onlooker-test-raw-1/raw/audience_reports/day=2026-11-20/"
    assert [line.startswith(folder) for line in listed.splitlines()] == [True]
    s3.create_bucket(Bucket="onlooker-test-catalogue-1")
    assert main([*lake, "catalogue", "--out", "s3://onlooker-test-catalogue-1"]) == 0
    page = s3.get_object(Bucket="onlooker-test-catalogue-1", Key="index.html")
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert page["Body"].read().startswith(b"<!doctype html>")
    capsys.readouterr()
    assert main([*lake, "lists"]) == 0
    assert capsys.readouterr().out == "0 lists of files renewed\n"
    assert main([*lake, "verify"]) == 0
