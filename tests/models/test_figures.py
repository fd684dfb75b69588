"""Figures of an evaluation are written into the card of their network, and nowhere else."""

import msgspec
import pytest

from edge_agent.perception.model_cards import WEIGHTS, read_card
from models.evaluate.scores import HELD_OUT
from models.figures import record
from wire.model_card import ModelFigure

ONE = {"value": 0.9, "low": 0.8, "high": 0.95, "n": 58}


@pytest.fixture
def report():
    part = {"average_precision": ONE, "recall": ONE, "precision": ONE}
    boxes = {"from_0_px": part, "from_16_px": part, "from_32_px": part, "threshold": 0.5}
    boxes["calibration_error"] = ONE
    detector = {
        "detector": "onlooker-face",
        "input_px": 320,
        "face_boxes_facemask": boxes,
        "face_boxes_groups": boxes,
    }
    metrics = ("precision", "recall", "f1", "yaw_mae_deg", "pitch_mae_deg")
    looks = {"estimator": "somebody-else", **dict.fromkeys(metrics, ONE)}
    return {"detection": [detector], "attention": [looks]}


def test_only_the_figures_of_a_card_are_changed(report, tmp_path):
    before = read_card(WEIGHTS / "onlooker-face.json")
    (tmp_path / "onlooker-face.json").write_bytes(msgspec.json.encode(before))
    assert record(report, [tmp_path]) == {"onlooker-face": 12}
    after = read_card(tmp_path / "onlooker-face.json")
    assert msgspec.structs.replace(after, figures=[]) == msgspec.structs.replace(before, figures=[])
    assert after.figures[0].metric == "AP50@320 from_0_px"
    assert after.figures[0].set == "face_boxes_facemask"


def test_a_figure_of_held_out_pictures_stays_on_the_card(report, tmp_path):
    before = read_card(WEIGHTS / "onlooker-face.json")
    held_out = ModelFigure(HELD_OUT, 0.02, 0.01, 0.04, 95, "drawn")
    card = msgspec.structs.replace(before, figures=[*before.figures, held_out])
    (tmp_path / "onlooker-face.json").write_bytes(msgspec.json.encode(card))
    record(report, [tmp_path])
    assert held_out in read_card(tmp_path / "onlooker-face.json").figures
