"""A storage that fails is an error; it never counts as a damaged file."""

import io
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cloud.database import writing
from cloud.lake import file_checks
from cloud.lake.file_checks import find_refusal
from cloud.lake.lake import Lake
from cloud.lake.manifest import DataFile, Operation, commit, read_files
from cloud.lake.recovery.drop import DropError, drop_file
from cloud.lake.storage import Storage, open_storage
from cloud.lake.verification import verify
from tests.cloud.databases import new_engine
from tests.cloud.lake.conftest import DAY_1, NOW, READINGS, readings
from tests.cloud.lake.s3_server import S3Server, serve_s3


def describe(content: bytes) -> DataFile:
    path = f"raw/readings/day={DAY_1}/a.parquet"
    return DataFile(path, DAY_1, 1, len(content), sha256(content).hexdigest(), 1)


def write_parquet(rows: pa.Table) -> bytes:
    target = io.BytesIO()
    pq.write_table(rows, target)
    return target.getvalue()


CONTENT = write_parquet(READINGS.conform(readings((DAY_1, "A", 9, 2)).drop_columns(["day"])))
FILE = describe(CONTENT)


@pytest.fixture
def s3() -> Iterator[S3Server]:
    with serve_s3(CONTENT) as server:
        yield server


@pytest.fixture
def storage(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Storage:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    return open_storage("s3://bucket/lake", endpoint=s3.address)


def test_a_request_that_is_refused_is_no_damage(s3: S3Server, storage: Storage):
    assert find_refusal(storage, READINGS, [FILE]) is None
    needed, s3.failure = s3.requests, 403
    assert needed > 4
    for passing in range(needed):
        s3.requests, s3.passing = 0, passing
        with pytest.raises(OSError, match="ACCESS_DENIED"):
            find_refusal(storage, READINGS, [FILE])


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(503, "SLOW_DOWN|SERVICE_UNAVAILABLE"), (None, "NETWORK_CONNECTION")],
    ids=["503", "truncated"],
)
def test_a_request_that_fails_after_all_attempts_is_no_damage(
    s3: S3Server, storage: Storage, failure: int | None, reason: str
):
    s3.failure, s3.passing = failure, 3  # the first read of the content
    with pytest.raises(OSError, match=reason):
        find_refusal(storage, READINGS, [FILE])


def test_a_sound_file_is_not_dropped_while_the_storage_fails(
    s3: S3Server, storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lake = Lake(storage, new_engine(tmp_path))
    monkeypatch.setattr("cloud.lake.recovery.drop.find_table", lambda _: READINGS)
    with writing(lake.engine) as connection:
        commit(connection, READINGS.full_name, Operation.APPEND, added=[FILE], now=NOW)
    s3.failure = 403
    for passing in range(8):
        s3.requests, s3.passing = 0, passing
        with pytest.raises((OSError, DropError), match=r"ACCESS_DENIED|only a damaged file"):
            drop_file(lake, FILE.path, reason="disk failed", actor="ann", now=NOW)
    s3.passing = 0
    with pytest.raises(OSError, match="ACCESS_DENIED"):
        list(verify(lake))
    with writing(lake.engine) as connection:
        assert read_files(connection, READINGS.full_name) == [FILE]
    lake.engine.dispose()


@pytest.mark.parametrize("content", [b"", b"PAR1", CONTENT[:-4] + b"XXXX",
                                     CONTENT[:-40] + b"\xff" * 32 + CONTENT[-8:]])  # fmt: skip
def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path, content: bytes):
    folder = open_storage(str(tmp_path))
    staged = folder.stage()
    staged.write_bytes(content)
    file = describe(content)
    folder.publish(staged, file.path)
    assert "is not readable as Parquet: " in (find_refusal(folder, READINGS, [file]) or "")


def test_a_footer_that_is_longer_than_expected_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(file_checks, "FOOTER_BYTES", 16)
    folder = open_storage(str(tmp_path))
    staged = folder.stage()
    staged.write_bytes(CONTENT)
    folder.publish(staged, FILE.path)
    assert find_refusal(folder, READINGS, [FILE]) is None
