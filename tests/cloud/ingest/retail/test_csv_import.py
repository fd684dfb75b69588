"""A CSV file is imported once, line by line, also after a kill."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from cloud.ingest.retail import csv_import
from cloud.ingest.retail.csv_import import (
    CsvFile,
    ImportConflictError,
    ImportProgress,
    import_file,
)
from cloud.ingest.retail.csv_points import COLUMNS, CsvFileError
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import (
    CONTEXT,
    GOOD,
    NOW,
    read_errors,
    read_points,
)

HEADER = ",".join(COLUMNS)


def _line(n: int, **changes: Any) -> str:
    at = f"2026-03-0{1 + n // 24}T{n % 24:02}:00:00Z"
    fields = GOOD | {"event_id": f"e{n}", "observed_at": at} | changes
    return ",".join("" if fields[name] is None else str(fields[name]) for name in COLUMNS)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(csv_import, "BATCH_ROWS", 10)
    engine = new_engine(tmp_path)
    yield engine
    engine.dispose()


def _write(folder: Path, *lines: str | bytes, name: str = "points.csv") -> CsvFile:
    path = folder / name
    content = [line if isinstance(line, bytes) else line.encode() for line in lines]
    path.write_bytes(b"\n".join(content) + b"\n")
    return CsvFile(path, "files")


def _import(engine: Engine, file: CsvFile, **more: Any) -> ImportProgress:
    return import_file(engine, file, CONTEXT, clock=lambda: NOW, **more)


def test_every_line_is_committed_or_queued(engine: Engine, tmp_path: Path) -> None:
    file = _write(
        tmp_path, HEADER, _line(0), _line(1, units=-1), "", "a,b,c", _line(2) + ",more",
        _line(3).replace("London", '"London'), _line(4).replace("London", '"London"'),
        _line(5).encode().replace(b"London", b"Z\xfcrich"), _line(6, city="x" * 20_000),
        _line(7, units="many"), _line(8) + "\r", _line(0), _line(9, inventory="", holiday=""),
    )  # fmt: skip
    progress = _import(engine, file)
    assert (progress.committed, progress.duplicates, progress.errors) == (4, 1, 7)
    assert progress.is_finished
    assert [row.event_id for row in read_points(engine)] == ["e0", "e4", "e8", "e9"]
    assert read_points(engine)[-1].inventory is None
    assert [(row.position, row.reason) for row in read_errors(engine)] == [
        ("points.csv:3", "negative_units"), ("points.csv:5", "unreadable"),
        ("points.csv:6", "unreadable"), ("points.csv:7", "unreadable"),
        ("points.csv:9", "unreadable"), ("points.csv:10", "too_large"),
        ("points.csv:11", "wrong_type"),
    ]  # fmt: skip


def test_a_file_is_imported_once_whatever_its_name(engine: Engine, tmp_path: Path) -> None:
    lines = (HEADER, *(_line(n) for n in range(25)))
    first = _import(engine, _write(tmp_path, *lines))
    seen: list[ImportProgress] = []
    again = _import(engine, _write(tmp_path, *lines, name="copy.csv"), show=seen.append)
    assert again == first
    assert seen == []
    assert len(read_points(engine)) == 25


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_an_interrupted_import_goes_on(engine: Engine, tmp_path: Path, batches: int) -> None:
    file = _write(tmp_path, HEADER, *(_line(n, units=-1 if n == 12 else 12) for n in range(30)))
    seen: list[ImportProgress] = []

    def stop(progress: ImportProgress) -> None:
        seen.append(progress)
        if len(seen) == batches:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _import(engine, file, show=stop)
    progress = _import(engine, file)
    assert (progress.committed, progress.duplicates, progress.errors) == (29, 0, 1)
    assert progress.done_bytes == progress.size_bytes
    assert [row.position for row in read_errors(engine)] == ["points.csv:14"]


def test_two_programs_do_not_import_one_file_together(engine: Engine, tmp_path: Path) -> None:
    file = _write(tmp_path, HEADER, *(_line(n) for n in range(25)))
    other: list[ImportProgress] = []

    def meanwhile(_: ImportProgress) -> None:
        if not other:
            other.append(_import(engine, file, show=other.append))

    with pytest.raises(ImportConflictError):
        _import(engine, file, show=meanwhile)
    assert len(read_points(engine)) == 25


def test_the_last_line_needs_no_line_break(engine: Engine, tmp_path: Path) -> None:
    file = _write(tmp_path, b"\xef\xbb\xbf" + HEADER.encode(), _line(0))
    file.path.write_bytes(file.path.read_bytes().rstrip())
    assert _import(engine, file).committed == 1


def test_an_empty_file_of_points_has_none(engine: Engine, tmp_path: Path) -> None:
    assert _import(engine, _write(tmp_path, HEADER)).is_finished


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n", HEADER.encode("utf-16"), HEADER.replace("price", "prize").encode(),
        f"{HEADER},price".encode(), b"PK\x03\x04" + bytes(200), HEADER.replace(",", ";").encode(),
        b"x" * 100_000,
    ],
)  # fmt: skip
def test_a_file_of_something_else_is_refused(
    content: bytes, engine: Engine, tmp_path: Path
) -> None:
    file = CsvFile(tmp_path / "other.csv", "files")
    file.path.write_bytes(content)
    with pytest.raises(CsvFileError, match=r"other\.csv:1"):
        _import(engine, file)
    assert read_errors(engine) == []


def test_a_file_that_is_missing_is_refused(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(CsvFileError, match="cannot be read"):
        _import(engine, CsvFile(tmp_path / "none.csv", "files"))
