"""The model cards: those in the repository are the ones that an export would write."""

import hashlib

import msgspec
import pytest

from edge_agent.perception.model_cards import WEIGHTS, read_card
from models import cards
from models.cli.folders import RESEARCH

EXPORTED = {
    WEIGHTS / "onlooker-face.json": cards.face_card("1.0.0", 17, cards.FACE_SCORE),
    WEIGHTS / "onlooker-face-check.json": cards.face_verifier_card("1.0.0", 17),
    WEIGHTS / "onlooker-attention.json": cards.attention_card("1.0.0", 17),
    RESEARCH / "onlooker-demographics.json": cards.class_card("demographics", "1.0.0", 17, {}),
    RESEARCH / "onlooker-emotion.json": cards.class_card("emotion", "1.0.0", 17, {}),
}
MEASURED = {"version", "sha256", "bytes", "figures", "thresholds", "calibration"}
"""Fields that an export, an evaluation or a calibration fills in."""


@pytest.mark.parametrize("path", EXPORTED, ids=lambda path: path.stem)
def test_the_stored_card_has_the_text_of_the_code(path):
    stored, exported = (msgspec.structs.asdict(one) for one in (read_card(path), EXPORTED[path]))
    for name in set(stored) - MEASURED:
        assert stored[name] == exported[name], name
    assert set(exported["calibration"]) <= set(stored["calibration"])
    assert set(exported["thresholds"]) == set(stored["thresholds"])


@pytest.mark.parametrize("path", EXPORTED, ids=lambda path: path.stem)
def test_a_card_without_its_file_has_no_checksum_yet(path):
    assert (EXPORTED[path].sha256, EXPORTED[path].bytes) == (cards.UNSEALED, 0)


def test_a_written_card_is_read_back_and_can_be_read_by_people(tmp_path):
    card = cards.face_card("1.2.3", 17, 0.5)
    path = cards.write_card(tmp_path / "card.json", card)
    assert read_card(path) == card
    lines = path.read_text().splitlines()
    assert lines[1] == '  "name": "onlooker-face",'
    assert path.read_bytes().endswith(b"}\n")


def test_a_sealed_card_has_the_name_checksum_and_size_of_its_file(tmp_path):
    network = tmp_path / "copy.onnx"
    network.write_bytes(b"network")
    card = read_card(cards.seal_card(cards.face_card("1.2.3", 17, 0.5), network))
    assert (card.file, card.bytes) == ("copy.onnx", 7)
    assert card.sha256 == hashlib.sha256(b"network").hexdigest()
    assert (tmp_path / "copy.json").is_file()


def test_a_card_cannot_be_sealed_without_its_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        cards.seal_card(cards.face_card("1.2.3", 17, 0.5), tmp_path / "none.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "outputs"), [("demographics", 9), ("emotion", 7)])
def test_a_class_network_has_one_output_for_each_class(kind, outputs):
    (port,) = cards.class_card(kind, "1.0.0", 17, {}).outputs
    assert port.shape == ["faces", outputs]
    for classes in cards.CLASSES[kind].values():
        assert ", ".join(classes) in port.meaning


def test_temperatures_are_added_to_the_crop_margin():
    card = cards.class_card("emotion", "1.0.0", 17, {"expression_temperature": 1.4})
    assert card.calibration == {"crop_margin": 1.27, "expression_temperature": 1.4}


def test_a_network_with_research_data_is_for_research_only():
    research = cards.attention_card("1.0.0", 17, research=True)
    assert (research.name, research.licence_allows) == ("onlooker-attention-ytf", "research")
    assert research.training_data == [cards.YTF]
    assert research.teachers == []
    for card in EXPORTED.values():
        uses_research = any(data in card.training_data for data in (cards.UTKFACE, cards.FER))
        assert (card.licence_allows == "research") == uses_research


def test_an_unknown_kind_of_classes_is_an_error():
    with pytest.raises(KeyError):
        cards.class_card("identity", "1.0.0", 17, {})
