"""Head pose is calibrated on labelled crops, so that a true angle is measured without bias."""

import numpy as np
import pytest

from edge_agent.perception.head_pose import HeadPose
from edge_agent.perception.model_cards import WEIGHTS, read_card
from models.datasets.ytf import PosedCrop
from models.evaluate.angles import AnglesError, RawPoses, every_other, fit_angles, read_raw_poses

# a network whose yaw is a tenth too small and pitch 6 degrees too high, with half the true sigma
YAW, PITCH_ZERO, NOISE_DEG = 0.9, 6.0, 4.0


def drawn(count=4000, noise_deg=NOISE_DEG):
    rng = np.random.default_rng(3)
    truth = rng.normal(0, 18, (count, 2))
    angles = truth * (YAW, 1.0) + (0.0, PITCH_ZERO) + rng.normal(0, noise_deg, (count, 2))
    return RawPoses(angles, np.full(count, noise_deg / 2), truth)


def test_scale_and_zero_are_found_at_any_noise():
    for noise_deg in (1.0, 4.0, 12.0):
        found = fit_angles(drawn(noise_deg=noise_deg))
        assert found["yaw_scale"] == pytest.approx(1 / YAW, rel=0.03)
        assert found["pitch_scale"] == pytest.approx(1.0, rel=0.03)
        assert found["pitch_zero"] == pytest.approx(PITCH_ZERO, abs=0.5)


def test_two_errors_in_three_are_within_the_calibrated_sigma():
    what, found = drawn(), fit_angles(drawn())
    scale = np.asarray([found["yaw_scale"], found["pitch_scale"]])
    zero = np.asarray([found["yaw_zero"], found["pitch_zero"]])
    errors = np.abs((what.angles - zero) * scale - what.truth)
    within = errors <= what.sigmas[:, None] * found["sigma_scale"]
    assert np.mean(within) == pytest.approx(0.683, abs=0.005)


def test_reversed_signs_are_refused():
    what = drawn()
    with pytest.raises(AnglesError, match="yaw that contradicts the labels"):
        fit_angles(RawPoses(-what.angles, what.sigmas, what.truth))
    with pytest.raises(AnglesError, match="yaw that contradicts"):
        fit_angles(RawPoses(np.zeros_like(what.angles), what.sigmas, what.truth))


def test_too_few_crops_are_refused():
    what = drawn(20)
    with pytest.raises(AnglesError, match="found 20 crops of every other person"):
        fit_angles(what)


def crop(person):
    image = np.zeros((96, 96, 3), np.uint8)
    return PosedCrop(person, image, np.zeros(3, np.float32), np.zeros((5, 2), np.float32))


def test_every_other_person_is_kept_for_evaluation():
    crops = [crop(person) for person in ("a", "a", "b", "c", "b", "d")]
    assert [one.person for one in every_other(crops)] == ["a", "a", "c"]


class FixedPoseNetwork:
    name, version = "fixed", "1"

    def poses(self, image, faces):
        return [HeadPose(10.0, -4.0, 0.0, 3.0) for _ in faces]


def test_the_calibration_of_the_model_card_is_removed_first():
    card = read_card(WEIGHTS / "onlooker-attention.json")
    known = card.calibration
    what = read_raw_poses(FixedPoseNetwork(), card, [crop("a")])
    yaw, pitch = what.angles[0]
    assert (yaw - known["yaw_zero"]) * known["yaw_scale"] == pytest.approx(10.0)
    assert (pitch - known["pitch_zero"]) * known["pitch_scale"] == pytest.approx(-4.0)
    assert what.sigmas[0] * known["sigma_scale"] == pytest.approx(3.0)
