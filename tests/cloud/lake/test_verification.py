"""Every difference between the files and the manifest is found, with its path."""

from pathlib import Path

import pytest

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.verification import Fault, verify
from cloud.lake.writer import append
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import DAY_1, DAY_2, NOW, READINGS, readings

pytestmark = SQLITE_ONLY


@pytest.fixture
def paths(lake: Lake) -> list[str]:
    append(lake, READINGS, readings((DAY_1, "KX-01", 1, 1), (DAY_2, "KX-01", 1, 1)), now=NOW)
    with reading(lake.engine) as connection:
        return [file.path for file in read_files(connection, "raw.readings")]


def test_a_lake_as_it_was_committed_has_no_fault(lake: Lake, paths: list[str]):
    assert len(paths) == 2
    assert list(verify(lake)) == []


def test_each_kind_of_fault_is_found(lake: Lake, paths: list[str]):
    changed = Path(lake.storage.locate(paths[0]))
    content = bytearray(changed.read_bytes())
    content[10] ^= 0xFF
    changed.write_bytes(content)
    lake.storage.delete(paths[1])
    extra = changed.with_name("extra.parquet")
    extra.write_bytes(content)
    found = {fault.path: fault for fault in verify(lake)}
    assert found[paths[0]].fault is Fault.CHANGED
    assert "SHA-256" in found[paths[0]].detail
    assert found[paths[1]].fault is Fault.MISSING
    assert found.pop(str(extra.relative_to(lake.storage.root))).fault is Fault.UNLISTED
    assert len(found) == 2


def test_a_truncated_file_is_found_by_its_size(lake: Lake, paths: list[str]):
    file = Path(lake.storage.locate(paths[0]))
    file.write_bytes(file.read_bytes()[:50])
    (fault,) = verify(lake)
    assert fault.detail.startswith("50 bytes, expected ")


def test_a_file_that_is_committed_meanwhile_is_no_fault(lake: Lake, paths: list[str], monkeypatch):
    list_files = lake.storage.list_files

    def commit_then_list(folder: str = "") -> list[str]:
        append(lake, READINGS, readings((DAY_1, "KX-01", 2, 1)), now=NOW)
        return list(list_files(folder))

    monkeypatch.setattr(lake.storage, "list_files", commit_then_list)
    assert list(verify(lake)) == []
