"""The allow-list accepts only rows with which a camera can be enrolled, and each camera once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from cloud.fleet.enrolment.allow_list import AllowedCamera, allow, read_csv
from cloud.fleet.history import Author, read_history
from cloud.fleet.registry.devices import RegistryError
from cloud.fleet.tables import allow_list_table
from tests.cloud.databases import SQLITE_ONLY

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ANN = Author("ann", START)
HEADING = "serial,claim,device,location,groups\n"
CAMERA = AllowedCamera("SN1", "batch-7", "cam-1", "KX-01", ("canary", "london"))


def read(folder: Path, text: str) -> list[AllowedCamera]:
    file = folder / "cameras.csv"
    file.write_bytes(text.encode())
    return list(read_csv(file))


@pytest.mark.parametrize(
    "text",
    [
        HEADING + "SN1,batch-7,cam-1,KX-01,canary london\n",
        "\ufeff" + HEADING + "SN1,batch-7,cam-1,KX-01,canary london\r\n",  # as Excel writes it
        "device,groups,serial,location,claim,note\ncam-1,canary  london,SN1,KX-01,batch-7,lobby\n",
    ],
)
def test_a_line_is_a_camera_whatever_the_order_of_the_columns(tmp_path, text: str) -> None:
    assert read(tmp_path, text) == [CAMERA]


def test_groups_are_optional(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "serial,claim,device,location\nSN1,b,cam-1,KX-01\n")
    assert found.groups == ()
    assert read(tmp_path, HEADING) == read(tmp_path, "") == []


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("SN1,b,cam-1,KX-01\nSN2,b,,KX-01\n", "line 3: no device"),
        ("SN1,b\n", "line 2: no device, location"),
        ("SN1,b,cam-1,KX-01\nSN1,b,cam-2,KX-01\n", "line 3: serial 'SN1' is also in line 2"),
        ("SN1,b,cam-1,KX-01\nSN2,b,cam-1,KX-01\n", "line 3: device 'cam-1' is also in line 2"),
    ],
)
def test_an_incomplete_or_a_repeated_line_is_refused(tmp_path, lines: str, sentence: str) -> None:
    with pytest.raises(RegistryError, match=sentence):
        read(tmp_path, HEADING + lines)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(RegistryError, match="cannot be read as CSV"):
            list(read_csv(path))
    (tmp_path / "latin.csv").write_bytes(b"serial\n\xff\n")
    with pytest.raises(RegistryError, match=r"latin\.csv cannot be read as CSV"):
        list(read_csv(tmp_path / "latin.csv"))


@SQLITE_ONLY
def test_a_row_is_written_once_and_again_only_when_it_changes(connection: Connection) -> None:
    assert allow(connection, [CAMERA], ANN) == 1
    assert allow(connection, [CAMERA], ANN) == 0
    moved = AllowedCamera("SN1", "batch-7", "cam-1", "LB-01")
    assert allow(connection, [moved], ANN) == 1
    row = connection.execute(select(allow_list_table)).one()
    assert (row.location, row.groups, row.enrolled_at) == ("LB-01", "[]", None)
    assert [one.event for one in read_history(connection, "cam-1", last=9)] == [
        "allow_list.written",
    ] * 2


@SQLITE_ONLY
def test_an_enrolled_camera_may_enrol_again_only_when_it_is_allowed_again(connection) -> None:
    allow(connection, [CAMERA], ANN)
    connection.execute(update(allow_list_table).values(enrolled_at=START))
    assert allow(connection, [CAMERA], ANN) == 0
    assert connection.execute(select(allow_list_table.c.enrolled_at)).scalar() == START
    assert allow(connection, [CAMERA], ANN, again=True) == 1
    assert connection.execute(select(allow_list_table.c.enrolled_at)).scalar() is None


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("camera", "sentence"),
    [
        (AllowedCamera("SN2", "b", "cam-1", "KX-01"), "cam-1 is allowed with serial SN1"),
        (AllowedCamera("SN2", "b", "../x", "KX-01"), "allow-list row 'SN2'"),
        (AllowedCamera("SN2", "b", "x", "K X"), "allow-list row 'SN2'"),
        (AllowedCamera("SN2", "a/b", "x", "KX-01"), "'a/b' is no claim name"),
        (AllowedCamera("SN2", "b", "x", "KX-01", ("ok", "a,b")), "'a,b' is no group name"),
        (AllowedCamera("SN2", "b", "x", "KX-01", ("g" * 64,)), "is no group name"),
        (AllowedCamera("S" * 129, "b", "x", "KX-01"), "the serial has 129 characters"),
        (AllowedCamera("S\x1b", "b", "x", "KX-01"), "write 1 to 128 printable ones"),
        (AllowedCamera("", "b", "x", "KX-01"), "the serial has 0 characters"),
    ],
)
def test_a_row_with_which_no_camera_could_enrol_is_refused(connection, camera, sentence) -> None:
    allow(connection, [CAMERA], ANN)
    with pytest.raises(RegistryError, match=sentence):
        allow(connection, [camera], ANN)
    assert connection.execute(select(allow_list_table.c.serial)).scalars().all() == ["SN1"]
