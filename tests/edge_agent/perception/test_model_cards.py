"""Model cards are found by name and read; each error states what was found and what to do."""

import msgspec
import pytest

from edge_agent.perception.model_cards import (
    WEIGHTS,
    find_card,
    input_side_px,
    read_card,
    required_number,
)
from edge_agent.perception.model_errors import CardError, ModelMissingError
from wire.model_card import Port


@pytest.fixture(scope="module")
def card():
    return read_card(WEIGHTS / "onlooker-face-check.json")


def test_a_card_holds_name_task_and_input(card):
    assert (card.name, card.task) == ("onlooker-face-check", "face-check")
    assert card.inputs[0].shape[2] == input_side_px(card)


def test_a_missing_card_is_named(tmp_path):
    with pytest.raises(ModelMissingError, match=r"found no model card at .*x\.json, expected"):
        read_card(tmp_path / "x.json")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"name": 3}', b"\xff\xfe", b"<html>not found</html>", b'{"name":"x"}']
)
def test_a_file_that_is_no_card_is_refused_with_the_reason(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(
        CardError, match=r"x\.json that is not a model card .*; restore it or fetch"
    ):
        read_card(path)


def test_a_number_is_read_from_thresholds_or_calibration(card):
    both = msgspec.structs.replace(card, thresholds={"score": 0.4}, calibration={"margin": 1.5})
    assert required_number(both, "score") == 0.4
    assert required_number(both, "margin") == 1.5
    with pytest.raises(
        CardError, match=r"without 'overlap', expected it beside \['margin', 'score'"
    ):
        required_number(both, "overlap")


def test_a_number_of_zero_is_a_number(card):
    zero = msgspec.structs.replace(card, thresholds={"score": 0.0}, calibration={})
    assert required_number(zero, "score") == 0.0


@pytest.mark.parametrize(
    "shapes", [[], [[1, 3, 64]], [[1, 3, "h", "w"]], [[1, 3, 0, 64]], [[1, 3, 64, 64, 1]]]
)
def test_an_input_without_a_fixed_side_is_refused(card, shapes):
    ports = [Port("image", shape, "crops") for shape in shapes]
    with pytest.raises(CardError, match="expected four axes with a fixed height; restore the card"):
        input_side_px(msgspec.structs.replace(card, inputs=ports))


def test_the_first_folder_with_the_name_wins(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "a.json").touch()
    (second / "b.json").touch()
    assert find_card("a", (first, second)) == first / "a.json"
    assert find_card("b", (first, second)) == second / "b.json"


def test_an_unknown_name_is_refused_with_the_installed_ones(tmp_path):
    with pytest.raises(ModelMissingError, match="'a', expected one of none installed; correct"):
        find_card("a", (tmp_path,))
    (tmp_path / "b.json").touch()
    (tmp_path / "c.onnx").touch()
    with pytest.raises(ModelMissingError, match="expected one of b; correct the name"):
        find_card("a", (tmp_path, tmp_path / "missing"))


@pytest.mark.parametrize("name", ["../secret", "{absolute}", "folder/secret", "", ".", ".."])
def test_a_path_is_no_name_of_a_model(tmp_path, name):
    (tmp_path / "models" / "folder").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "models" / "folder"):
        (folder / "secret.json").touch()
    with pytest.raises(ModelMissingError, match="found no model named"):
        find_card(name.format(absolute=tmp_path / "secret"), (tmp_path / "models",))
