"""A network is opened only when it matches its card."""

import msgspec
import pytest

from edge_agent.perception.inference import open_session
from edge_agent.perception.model_cards import WEIGHTS, read_card
from edge_agent.perception.model_errors import (
    CardError,
    ChecksumError,
    LicenceError,
    ModelFormatError,
    ModelMissingError,
    PortError,
)
from wire.model_card import Port

DEFAULTS = ["onlooker-face", "onlooker-attention"]


@pytest.fixture
def pair(tmp_path):
    """A copy of the detector and its card that a test may damage."""
    for suffix in (".onnx", ".json"):
        content = (WEIGHTS / f"onlooker-face{suffix}").read_bytes()
        (tmp_path / f"onlooker-face{suffix}").write_bytes(content)
    return tmp_path / "onlooker-face.json"


def rewrite(card_path, **changes):
    card = msgspec.structs.replace(read_card(card_path), **changes)
    card_path.write_bytes(msgspec.json.encode(card))


def reseal(card_path, content):
    import hashlib

    (card_path.parent / "onlooker-face.onnx").write_bytes(content)
    rewrite(card_path, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_default_opens_and_may_be_used_commercially(name):
    card = open_session(name).card
    assert card.licence_allows == "commercial"
    assert card.bytes <= 1_000_000
    assert card.training_data
    assert card.limits


def test_a_changed_byte_prevents_the_start(pair):
    weights = pair.parent / "onlooker-face.onnx"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ChecksumError, match=r"found .* expected .*; restore the file"):
        open_session(pair)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x07"])
def test_a_file_that_is_no_network_is_an_error_with_a_reason(pair, content):
    reseal(pair, content)
    with pytest.raises(ModelFormatError, match="expected an ONNX network"):
        open_session(pair)


def test_a_truncated_file_is_an_error_with_a_reason(pair):
    reseal(pair, (pair.parent / "onlooker-face.onnx").read_bytes()[:5000])
    with pytest.raises(ModelFormatError, match="restore the file"):
        open_session(pair)


def test_an_unknown_operator_set_is_refused(pair):
    rewrite(pair, opset=99)
    with pytest.raises(ModelFormatError, match="operator set 99"):
        open_session(pair)


def test_other_outputs_than_those_of_the_card_are_refused(pair):
    card = read_card(pair)
    rewrite(pair, outputs=[*card.outputs[:2], Port("stride_64", [1, 15, "h", "w"], "none")])
    with pytest.raises(PortError, match="stride_64"):
        open_session(pair)


def test_an_axis_that_the_card_leaves_free_may_be_anything_and_a_fixed_one_may_not(pair):
    card = read_card(pair)
    rewrite(pair, inputs=[Port("image", ["n", "c", "h", "w"], card.inputs[0].meaning)])
    assert open_session(pair).card.name == "onlooker-face"
    rewrite(pair, inputs=[Port("image", [1, 4, "h", "w"], card.inputs[0].meaning)])
    with pytest.raises(PortError, match="4"):
        open_session(pair)


def test_research_weights_need_the_licence_to_be_accepted(pair):
    rewrite(pair, licence_allows="research")
    with pytest.raises(LicenceError, match="research"):
        open_session(pair)
    assert open_session(pair, accept_research=True).card.name == "onlooker-face"


def test_an_unknown_name_is_refused_with_the_installed_ones():
    with pytest.raises(ModelMissingError, match="onlooker-face"):
        open_session("yolo-next")


def test_a_damaged_card_is_an_error_with_a_reason(pair):
    pair.write_text('{"name": 3}')
    with pytest.raises(CardError, match="model card"):
        open_session(pair)


def test_a_card_without_its_file_is_an_error_with_a_reason(pair):
    (pair.parent / "onlooker-face.onnx").unlink()
    with pytest.raises(ModelMissingError, match="restore it"):
        open_session(pair)
