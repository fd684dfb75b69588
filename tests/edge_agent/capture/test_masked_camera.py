import math
from datetime import UTC, datetime

import numpy as np
import pytest

from edge_agent.agent import Agent
from edge_agent.capture.factory import open_camera
from edge_agent.capture.masked_camera import paint_masks
from edge_agent.outbox import Outbox
from edge_agent.settings.loading import SettingsError, parse
from edge_agent.transport.loopback import LoopbackLink
from tests.edge_agent.unlimited_reports import without_threshold

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LEFT_HALF = "[capture]\nmasks = [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]]\n"


def test_what_is_masked_is_black_for_the_models_and_even_for_the_gate(film, street):
    path = film(street(n / 10) for n in range(3))
    settings = parse(LEFT_HALF).capture
    frame = next(iter(open_camera(str(path), settings, speed=math.inf, starts_at=EIGHT)))
    assert frame.image[:, :160].max() == 0
    assert frame.image[:, 170:].max() > 100
    assert len(np.unique(frame.luma()[:, :160])) == 1
    assert frame.luma()[:, 170:].std() > 10


def test_the_picture_itself_is_left_as_it_was():
    image = np.full((10, 10, 3), 200, np.uint8)
    paint_masks(image, [((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))], 0)
    assert image.min() == 200


def test_people_behind_a_mask_are_not_counted(film, street, detector, pose, address, tmp_path):
    path = film(street(n / 10, [(60, 60), (220, 60)]) for n in range(30))
    settings = without_threshold(parse(LEFT_HALF))
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    totals = Agent(
        settings,
        address=address,
        camera=open_camera(str(path), settings.capture, speed=math.inf, starts_at=EIGHT),
        detector=detector,
        pose=pose,
        outbox=outbox,
        link=LoopbackLink(address, lambda event: True),
    ).run()
    outbox.close()
    assert totals.entries == 1


@pytest.mark.parametrize(
    "masks",
    [
        "[[[0, 0], [0.5, 0]]]",  # two corners
        "[[[0, 0], [1.5, 0], [1, 1]]]",  # outside the picture
        "[[[0, 0], [-0.1, 0], [1, 1]]]",
        "[[[0, 0, 0], [1, 0, 0], [1, 1, 0]]]",
        "[0, 0]",
        "'all'",
    ],
)
def test_a_mask_that_is_none_is_refused(masks):
    with pytest.raises(SettingsError, match="masks"):
        parse(f"[capture]\nmasks = {masks}\n")
