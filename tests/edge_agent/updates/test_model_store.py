import hashlib
import json

import msgspec
import pytest

from edge_agent.perception.model_cards import WEIGHTS, read_card
from edge_agent.perception.model_errors import ModelError
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.perception import ModelSettings
from edge_agent.updates.model_store import (
    ChosenModel,
    ModelStore,
    model_digest,
    model_id,
    open_detector,
)

WEIGHT = b"weights"
CARD = json.loads((WEIGHTS / "onlooker-face.json").read_bytes())
PROVIDED = object()


def card_text(**fields):
    digest = hashlib.sha256(WEIGHT).hexdigest()
    return json.dumps({**CARD, "sha256": digest, "bytes": len(WEIGHT), **fields}).encode()


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "models", lambda settings: PROVIDED)


def install(store, version, **fields):
    return store.install(card_text(version=version, **fields), lambda limit: WEIGHT)


def files(folder):
    return sorted(path.relative_to(folder).name for path in folder.rglob("*") if path.is_file())


def test_a_model_is_installed_with_its_card_byte_for_byte(store):
    limits = []
    text = card_text(version="99.0")
    card = store.install(text, lambda limit: limits.append(limit) or WEIGHT)
    assert limits == [len(WEIGHT)]
    assert card.read_bytes() == text
    assert files(card.parent) == ["card.json", "onlooker-face.onnx"]
    assert store.find("onlooker-face:99.0") == card
    assert store.chosen is None


@pytest.mark.parametrize("file", ["../x", "a/b", "/etc/x", ".hidden", "..", "."])
def test_a_file_name_outside_the_folder_is_refused_before_the_download(store, tmp_path, file):
    def fetch(_limit):
        raise AssertionError("nothing may be downloaded")

    with pytest.raises(ModelError, match="expected a plain file name"):
        store.install(card_text(version="99.0", file=file), fetch)
    assert not (tmp_path / "models").exists()


def test_a_card_without_a_file_name_is_refused(store, tmp_path):
    with pytest.raises(ModelError, match="expected a plain file name"):
        install(store, "99.0", file="")
    assert not (tmp_path / "models").exists()


def test_weights_with_another_checksum_are_not_stored(store, tmp_path):
    with pytest.raises(ModelError, match="7 bytes is not onlooker-face: its checksum differs"):
        store.install(card_text(version="99.0"), lambda limit: WEIGHT[::-1])
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b"[]"])
def test_a_text_that_is_no_card_is_refused(store, text):
    with pytest.raises((ValueError, UnicodeDecodeError)):
        store.install(text, lambda limit: WEIGHT)


def test_a_choice_is_stored_and_only_the_model_before_it_stays(store, tmp_path):
    cards = []
    for version in ("97.0", "98.0", "99.0"):
        cards.append(install(store, version))
        store.choose(cards[-1])
    assert store.chosen == "onlooker-face:99.0"
    assert [card.exists() for card in cards] == [False, True, True]
    assert ModelStore(tmp_path / "models", None).chosen == "onlooker-face:99.0"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"detector":7}', b'{"other":1}'])
def test_a_damaged_choice_counts_as_none(store, tmp_path, content):
    store.choose(install(store, "99.0"))
    (tmp_path / "models" / "chosen.json").write_bytes(content)
    assert store.chosen is None
    assert store.load(Settings()) is PROVIDED


def test_a_chosen_detector_replaces_that_of_the_settings(store):
    own = Settings(models=ModelSettings(detector="other"))
    assert store.apply_choice(own) is own
    store.choose(install(store, "99.0"))
    assert store.apply_choice(own).models.detector == "onlooker-face"
    assert own.models.detector == "other"


def test_a_chosen_detector_that_was_deleted_is_ignored(store, tmp_path):
    card = install(store, "99.0")
    store.choose(card)
    card.unlink()
    own = Settings(models=ModelSettings(detector="other"))
    assert store.apply_choice(own) is own
    assert store.load(Settings()) is PROVIDED


def test_settings_with_another_detector_take_precedence_over_the_choice(store):
    store.choose(install(store, "99.0"))
    assert store.load(Settings(models=ModelSettings(detector="other"))) is PROVIDED


def test_the_detector_in_use_is_named_with_its_version(store):
    provided = read_card(WEIGHTS / "onlooker-face.json")
    assert store.in_use(Settings()) == f"onlooker-face:{provided.version}"
    assert store.in_use(Settings(models=ModelSettings(detector="none"))) == ""
    store.choose(install(store, "99.0"))
    assert store.in_use(Settings()) == "onlooker-face:99.0"


def test_a_damaged_card_does_not_hide_other_models(store, tmp_path):
    damaged, card = install(store, "98.0"), install(store, "99.0")
    damaged.write_bytes(b"{")
    assert store.find("onlooker-face:99.0") == card
    assert store.find("onlooker-face:98.0") is None


def test_only_a_face_detector_can_be_opened_as_one():
    with pytest.raises(ModelError, match="is not a face detector: jobs can only replace"):
        open_detector(WEIGHTS / "onlooker-attention.json", Settings())


def test_the_digest_covers_every_field_of_the_card():
    card = read_card(WEIGHTS / "onlooker-face.json")
    assert model_id(card) == f"onlooker-face:{card.version}"
    assert model_digest(card) != model_digest(msgspec.structs.replace(card, limits=[]))
    assert model_digest(card) == model_digest(msgspec.structs.replace(card))


def test_a_choice_of_nothing_selects_the_settings(store, tmp_path):
    store.choose(install(store, "99.0"))
    (tmp_path / "models" / "chosen.json").write_bytes(msgspec.json.encode(ChosenModel()))
    assert store.load(Settings()) is PROVIDED
