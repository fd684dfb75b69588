"""What is blind and what is merely poor, on one drawn scene spoilt in many ways."""

import cv2
import numpy as np
import pytest

from edge_agent.selection.downscale import downscale
from edge_agent.selection.image_quality import ImageQuality, assess_picture, sharpness_ratio
from edge_agent.settings.capture import QualitySettings
from wire.audience import BlindCause

SETTINGS = QualitySettings()
WIDTH, HEIGHT = 1280, 720


@pytest.fixture(scope="module")
def scene():
    """Walls, windows and writing, about as sharp as real streets."""
    random = np.random.default_rng(11)
    coarse = cv2.resize(
        random.integers(40, 200, (12, 20)).astype(np.float32), (WIDTH, HEIGHT),
        interpolation=cv2.INTER_NEAREST,
    )  # fmt: skip
    fine = cv2.resize(
        random.integers(-30, 30, (90, 160)).astype(np.float32), (WIDTH, HEIGHT),
        interpolation=cv2.INTER_CUBIC,
    )  # fmt: skip
    return np.clip(coarse + fine, 16, 235)


def downscaled(picture):
    return downscale(np.clip(picture, 0, 255).astype(np.uint8))


def noisy(picture, sigma):
    return picture + np.random.default_rng(1).normal(0, sigma, picture.shape)


def defocused(picture, sigma_px):
    return cv2.GaussianBlur(picture, (0, 0), sigma_px)


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        pytest.param(lambda s: s, None, id="as it is"),
        pytest.param(lambda s: noisy(s, 15), None, id="noisy"),
        pytest.param(lambda s: s * 0.35, None, id="dusk"),
        pytest.param(lambda s: noisy(s * 0.35, 8), None, id="dusk and noise"),
        pytest.param(lambda s: s * 1.5, None, id="bright"),
        pytest.param(lambda s: defocused(s, 3), None, id="a little out of focus"),
        pytest.param(lambda s: s * 0.04, BlindCause.DARK, id="night"),
        pytest.param(lambda s: noisy(s * 0.0, 4), BlindCause.DARK, id="capped, with noise"),
        pytest.param(lambda s: s * 6, BlindCause.OVEREXPOSED, id="sun in the lens"),
        pytest.param(lambda s: s * 0 + 128, BlindCause.FLAT, id="covered with paper"),
        pytest.param(lambda s: noisy(s * 0 + 128, 6), BlindCause.FLAT, id="paper and noise"),
        pytest.param(lambda s: defocused(s, 26), BlindCause.BLURRED, id="out of focus"),
        pytest.param(lambda s: noisy(defocused(s, 26), 5), BlindCause.BLURRED, id="and noisy"),
        pytest.param(lambda s: defocused(s, 26) * 0.4, BlindCause.BLURRED, id="and dark"),
    ],
)
def test_what_can_be_seen(scene, spoil, cause):
    assert assess_picture(downscaled(spoil(scene)), SETTINGS) is cause


def test_darkness_is_not_blur_and_noise_is_not_sharpness(scene):
    sharp = sharpness_ratio(downscaled(scene))
    assert sharpness_ratio(downscaled(scene * 0.3)) == pytest.approx(sharp, rel=0.15)
    blurred = sharpness_ratio(downscaled(defocused(scene, 16)))
    assert blurred < sharp / 20
    assert sharpness_ratio(downscaled(noisy(defocused(scene, 16), 8))) == pytest.approx(
        blurred, rel=0.5
    )


def test_a_lit_face_in_the_night_is_not_darkness():
    night = np.random.default_rng(2).normal(8, 3, (HEIGHT, WIDTH))
    night[200:500, 400:700] = np.random.default_rng(3).normal(140, 30, (300, 300))
    assert assess_picture(downscaled(night), SETTINGS) is None


def test_the_same_picture_for_too_long_is_frozen_and_one_other_pixel_thaws_it(scene):
    quality, still = ImageQuality(QualitySettings(frozen_after_s=10)), downscaled(scene)
    assert [quality.unobserved_cause(still.copy(), at_s) for at_s in (0, 5, 9.9)] == [None] * 3
    assert quality.unobserved_cause(still.copy(), 10.0) is BlindCause.FROZEN
    living = still.copy()
    living[0, 0] ^= 1
    assert quality.unobserved_cause(living, 10.2) is None
    assert quality.unobserved_cause(living, 20.0) is None
    assert quality.unobserved_cause(living, 20.2) is BlindCause.FROZEN
