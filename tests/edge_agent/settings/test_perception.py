"""Settings of perception: geometry, models and zones."""

import pytest

from edge_agent.settings.loading import parse

VIEW = "[view]\nscreen_width_m = 2.0\nscreen_height_m = 1.2\n[view.camera]\n"
TRIANGLE = "polygon = [[0, 0], [1, 0], [1, 1]]"


def test_a_view_needs_the_screen_and_the_lens_only():
    view = parse(f"{VIEW}horizontal_fov_deg = 90").view
    assert (view.screen_width_m, view.screen_height_m, view.gaze_margin_deg) == (2.0, 1.2, 12.0)
    camera = view.camera
    assert (camera.x_m, camera.y_m, camera.z_m) == (0, 0, 0)
    assert (camera.pan_deg, camera.tilt_deg, camera.roll_deg) == (0, 0, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[view]\nscreen_width_m = 2\nscreen_height_m = 1", "missing required field `camera`"),
        (VIEW, "missing required field `horizontal_fov_deg` - at `$.view.camera`"),
        (f"{VIEW}horizontal_fov_deg = 4", ">= 5.0"),
        (f"{VIEW}horizontal_fov_deg = 180", "<= 175.0"),
        (f"{VIEW}horizontal_fov_deg = 90\ntilt_deg = 91", "<= 90.0 - at `$.view.camera.tilt_deg`"),
        ("[models]\nthreshold = 1.2", "<= 1.0 - at `$.models.threshold`"),
        ("[models]\ninput_px = 63", ">= 64"),
        ("[models]\ndetector = ''", "length >= 1"),
        ("[models]\nfolders = ['']", "length >= 1 - at `$.models.folders[0]`"),
        ("[attention]\nlooking_yaw_deg = 0", "> 0.0"),
        ("[tracking]\nconfirm_hits = 0", ">= 1"),
    ],
)
def test_a_value_outside_its_limits_is_refused_with_its_place(refusal, text, message):
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "length >= 1"),
        ("x" * 65, "length <= 64"),
        (" left", "is empty or begins or ends with a space"),
        ("\u200b", "U+200B (ZERO WIDTH SPACE)"),
        ("a\u00a0", "U+00A0"),
        ("a\tb", "U+0009"),
    ],
)
def test_a_zone_name_that_nobody_can_read_is_refused(refusal, name, message):
    escaped = name.encode("unicode_escape").decode().replace("\\x", "\\u00")
    assert message in refusal(f'[[zones]]\nname = "{escaped}"\n{TRIANGLE}')


@pytest.mark.parametrize("name", ["left", "Tür 2", "入口", "\u0645\u06cc\u200c\u062e\u0648\u0627"])
def test_a_zone_name_may_be_in_any_language(name):
    (zone,) = parse(f"[[zones]]\nname = '{name}'\n{TRIANGLE}").zones
    assert zone.name == name
