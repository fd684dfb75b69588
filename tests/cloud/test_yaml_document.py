"""A YAML file is accepted as a whole or refused with the place of its error."""

from pathlib import Path

import msgspec
import pytest

from cloud.yaml_document import LARGEST_FILE_BYTES, DocumentError, read_document


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    weight: float = 1.0


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: tuple[Item, ...]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "order.yaml"


def test_a_valid_file_is_read_as_a_value(file: Path):
    file.write_text("items:\n- {name: a}\n- {name: ü, weight: 2}\n")
    assert read_document(file, Order) == Order((Item("a"), Item("ü", 2.0)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Expected `object`, got `null`"),
        ("items: [{name: 1}]", r"Expected `str`, got `int` - at `\$.items\[0\].name`"),
        ("items: [{nam: a}]", r"field 'nam' is not known: .*name, weight - at `\$.items\[0\]`"),
        ("items: [{name: a, weight: .nan}]", r"nan is not a number .*`\$.items\[0\].weight`"),
        ("items: [{name: a, weight: .inf}]", r"inf is not a number .*`\$.items\[0\].weight`"),
        ("items: []\nitems: []", "key 'items' is given 2 times in the block that starts on line 1"),
        ("items: [{name: a, name: b}]", "key 'name' is given 2 times"),
        ("items: &all [{name: a}]\nmore: *all", r"the alias \*all: write the value out instead"),
        ("items: " + "[" * 40 + "]" * 40, "nested more than 32 levels deep"),
        ("items: !!python/object:os.system 1", "could not determine a constructor"),
        ("items: !!int ''", "does not fit the !!tag"),
        ("items: [", "order.yaml: while parsing"),
        ("\x00", "order.yaml"),
    ],
)
def test_an_invalid_file_is_refused_with_the_place(file: Path, text: str, sentence: str):
    file.write_text(text)
    with pytest.raises(DocumentError, match=sentence) as refused:
        read_document(file, Order)
    assert str(refused.value).startswith(str(file))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x00", b"items: \xff"])
def test_a_file_that_is_no_text_is_refused(file: Path, content: bytes):
    file.write_bytes(content)
    with pytest.raises(DocumentError, match=r"order\.yaml"):
        read_document(file, Order)


def test_a_file_over_the_limit_is_refused_unread(file: Path):
    file.write_bytes(b"#" * LARGEST_FILE_BYTES + b"\n")
    with pytest.raises(DocumentError, match=f"is larger than {LARGEST_FILE_BYTES} bytes"):
        read_document(file, Order)


def test_the_upgrade_edits_the_data_before_they_are_checked(file: Path):
    file.write_text("items: []\nversion: 0")

    def upgrade(plain: object) -> None:
        assert isinstance(plain, dict)
        del plain["version"]

    assert read_document(file, Order, upgrade=upgrade) == Order(())
    with pytest.raises(DocumentError, match="version"):
        read_document(file, Order)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path):
    with pytest.raises(DocumentError, match="cannot be read: No such file"):
        read_document(tmp_path / "none.yaml", Order)
    with pytest.raises(DocumentError, match="cannot be read"):
        read_document(tmp_path, Order)
