"""Personal values are replaced before they are stored; without a key nothing is read."""

import pyarrow as pa
import pytest

from cloud.products.definitions.columns import ColumnType, UploadColumn
from cloud.products.definitions.product import Upload
from cloud.products.uploads.pseudonyms import KEY_VARIABLE, Pseudonyms
from cloud.products.uploads.refusal import UploadRefusedError

UPLOAD = Upload(
    table="t", title="T", files=("t",),
    columns={"person": UploadColumn(type=ColumnType.PSEUDONYM),
             "day": UploadColumn(type=ColumnType.DATE)},
)  # fmt: skip
KEY = bytes(range(32))


def batch(*persons: str) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"person": list(persons), "day": ["x"] * len(persons)})


def test_the_same_person_has_the_same_pseudonym_and_no_name_remains():
    [found] = Pseudonyms(KEY).replace(iter([batch("Ann Lee", " ann lee ", "Bo", "")]), UPLOAD)
    first, again, other, empty = found["person"].to_pylist()
    assert first == again != other
    assert (len(first), empty) == (32, "")
    assert found["day"].to_pylist() == ["x"] * 4


def test_another_key_gives_other_pseudonyms():
    assert Pseudonyms(KEY).make("Ann") != Pseudonyms(bytes(32)).make("Ann")


def test_without_a_key_no_row_is_read():
    with pytest.raises(UploadRefusedError, match="set ONLOOKER_PSEUDONYM_KEY"):
        list(Pseudonyms().replace(iter([batch("Ann")]), UPLOAD))


@pytest.mark.parametrize("written", ["secret", "00" * 31, "zz" * 32])
def test_a_key_that_is_short_or_not_hexadecimal_is_refused_and_not_shown(written, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, written)
    with pytest.raises(UploadRefusedError, match="hexadecimal digits") as refused:
        Pseudonyms.from_environment()
    assert written not in str(refused.value)


def test_the_key_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, KEY.hex())
    assert Pseudonyms.from_environment().key == KEY
    monkeypatch.delenv(KEY_VARIABLE)
    assert Pseudonyms.from_environment().key is None
