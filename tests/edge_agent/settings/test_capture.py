"""Settings of capture, motion, image quality and snapshots: limits and their errors."""

import pytest

from edge_agent.settings.loading import parse

TRIANGLE = "[[0, 0], [1, 0], [1, 1]]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[capture]\nanalysed_fps = 0", "> 0.0 - at `$.capture.analysed_fps`"),
        ("[capture]\nanalysed_fps = 30.1", "<= 30.0 - at `$.capture.analysed_fps`"),
        ("[capture]\nrest_after_s = -1", ">= 0.0 - at `$.capture.rest_after_s`"),
        ("[capture]\nhwaccel = 'gpu'", "Invalid enum value 'gpu'"),
        ("[capture]\nisolated = 'no'", "Expected `bool`, got `str`"),
        ("[capture]\nread_timeout_s = 0.4", ">= 0.5"),
        (f"[capture]\nmasks = [{', '.join([TRIANGLE] * 33)}]", "length <= 32"),
        ("[capture]\nmasks = [[[0, 0], [1, 1]]]", "length >= 3 - at `$.capture.masks[0]`"),
        ("[capture]\nfps = 5", "unknown field `fps` - at `$.capture`"),
        ("[motion]\nsmallest_change = 0", ">= 1"),
        ("[motion]\nsmallest_change = 10.5", "Expected `int`, got `float`"),
        ("[quality]\ndark_below = 256", "<= 255.0"),
        ("[quality]\nfrozen_after_s = 0", ">= 1.0"),
        ("[snapshots]\nevery_s = 3601", "<= 3600"),
    ],
)
def test_a_value_outside_its_limits_is_refused_with_its_place(refusal, text, message):
    assert message in refusal(text)


def test_values_at_the_limits_are_accepted():
    settings = parse(
        "[capture]\nanalysed_fps = 30\nrest_after_s = 3600\nhwaccel = 'vaapi'\n"
        f"masks = [{', '.join([TRIANGLE] * 32)}]\n"
        "[motion]\nsmallest_change = 128\n[quality]\nflat_below = 0\n[snapshots]\nevery_s = 3600"
    )
    assert (settings.capture.analysed_fps, settings.capture.hwaccel) == (30.0, "vaapi")
    assert len(settings.capture.masks) == 32
    assert settings.motion.smallest_change == 128
    assert settings.quality.flat_below == 0.0
    assert settings.snapshots.every_s == 3600
