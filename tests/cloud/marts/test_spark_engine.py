"""Where Spark reads files; `tests/cloud/stream_spark` compares its results."""

from datetime import date
from pathlib import Path

import pytest
from pyarrow import fs

from cloud.lake.manifest import DataFile
from cloud.lake.registry import find_table
from cloud.lake.storage import Storage
from cloud.marts.engine import LakeFiles
from cloud.marts.spark_engine import locate_files

TABLE = "trusted/audience_reports"
FILE = f"{TABLE}/day=2026-11-20/a.parquet"


@pytest.mark.parametrize(
    ("filesystem", "root", "expected"),
    [
        (fs.LocalFileSystem(), "/var/lake", "file:///var/lake"),
        (fs.SubTreeFileSystem("/", fs.LocalFileSystem()), "bucket/lake", "s3://bucket/lake"),
        (fs.SubTreeFileSystem("/", fs.LocalFileSystem()), "onlooker-{zone}-1",
         "s3://onlooker-trusted-1"),
    ],
)  # fmt: skip
def test_files_are_in_the_folder_or_in_the_bucket_of_their_zone(filesystem, root, expected):
    file = DataFile(FILE, date(2026, 11, 20), 1, 1, "", 1)
    storage = Storage(filesystem, root, Path("unused"))
    source = LakeFiles(storage, find_table("trusted.audience_reports"), [file])
    assert locate_files(source) == (f"{expected}/{TABLE}", [f"{expected}/{FILE}"])
