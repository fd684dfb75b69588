import msgspec
import pytest

from wire.model_card import ModelCard

CARD = {
    "name": "finder", "version": "2", "task": "face-detection", "layout": "rows",
    "file": "finder.onnx", "sha256": "0a" * 32, "bytes": 1_024, "opset": 17,
    "inputs": [{"name": "image", "shape": [1, 3, "height", "width"], "meaning": "BGR, 0 to 255"}],
    "outputs": [{"name": "boxes", "shape": ["n", 4], "meaning": "pixels"}],
    "thresholds": {"score": 0.6}, "licence": "Apache-2.0", "licence_allows": "commercial",
    "training_data": [{"name": "street", "licence": "CC-BY-4.0", "images": 10}],
}  # fmt: skip


def read(**fields):
    return msgspec.json.decode(msgspec.json.encode({**CARD, **fields}), type=ModelCard)


def test_a_card_states_axes_by_number_or_by_name():
    card = read()
    assert card.inputs[0].shape == [1, 3, "height", "width"]
    assert (card.teachers, card.figures, card.calibration, card.second_look) == ([], [], {}, None)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"task": "face-recognition"}, "$.task"),
        ({"licence_allows": "everything"}, "$.licence_allows"),
        ({"sha256": "0A" * 32}, "$.sha256"),
        ({"sha256": "0a" * 31}, "$.sha256"),
        ({"sha256": "0a" * 32 + "\n"}, "$.sha256"),
        ({"bytes": "1024"}, "$.bytes"),
        ({"embedding": []}, "unknown field `embedding`"),
        ({"inputs": [{"name": "image"}]}, "$.inputs[0]"),
        ({"figures": [{"metric": "AP", "value": "high"}]}, "$.figures[0].value"),
    ],
)
def test_an_invalid_card_is_refused_with_the_field(fields, reason):
    with pytest.raises(msgspec.ValidationError) as refused:
        read(**fields)
    assert reason in str(refused.value)


@pytest.mark.parametrize("missing", ["sha256", "bytes", "task", "licence_allows", "thresholds"])
def test_a_card_without_a_required_field_is_refused(missing):
    fields = {name: value for name, value in CARD.items() if name != missing}
    with pytest.raises(msgspec.ValidationError, match=f"missing required field `{missing}`"):
        msgspec.json.decode(msgspec.json.encode(fields), type=ModelCard)
