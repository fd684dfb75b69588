"""Which heads are hidden, where and when, in textured pictures that show any detail left."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from edge_agent.capture.frame import Frame
from edge_agent.privacy.delayed_redaction import DELAY_S, DelayedRedaction, find_unmatched
from edge_agent.privacy.pixelate import widen
from tests.edge_agent.privacy.texture import TEXTURE, detail

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def frame(at_s, image=TEXTURE):
    return Frame(image, NOON + timedelta(seconds=at_s), at_s, round(at_s * 5))


def shown(moments, *, width_px=320, wanted=lambda at_s: True):
    """Each moment: second, heads or None."""
    redaction = DelayedRedaction(width_px)
    out = [
        picture
        for at_s, heads in moments
        for picture in redaction.add_frame(frame(at_s), heads, wanted=wanted(at_s))
    ]
    return {round(picture.at_s, 2): picture.image for picture in (*out, *redaction.flush())}


HEAD = (150.0, 60.0, 180.0, 90.0)


def test_a_head_is_redacted_before_and_after_its_detection():
    #  0 s    0.4   0.6        1.0       1.4   1.6
    #  -------|#########[found]#########|--------
    pictures = shown((n / 5, [HEAD] if n == 5 else []) for n in range(11))
    hidden = {at_s for at_s, image in pictures.items() if detail(image, HEAD) < 20}
    assert hidden == {0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6}
    assert DELAY_S == 0.6


def test_what_is_hidden_grows_with_the_time_between():
    pictures = shown((n / 5, [HEAD] if n == 5 else []) for n in range(11))
    beside = widen(HEAD, 2.0)
    assert detail(pictures[1.0], beside) > 40
    assert detail(pictures[1.4], beside) < 20


def test_of_two_heads_the_undetected_one_is_redacted_too():
    other = (190.0, 60.0, 220.0, 90.0)
    pictures = shown((n / 5, [HEAD] if n == 2 else [HEAD, other]) for n in range(5))
    assert detail(pictures[0.4], other) < 20
    assert detail(pictures[0.4], HEAD) < 20


def test_a_head_detected_in_every_frame_redacts_only_itself():
    pictures = shown((n / 5, [HEAD]) for n in range(5))
    assert detail(pictures[0.4], HEAD) < 20
    assert detail(pictures[0.4], (220, 60, 250, 90)) > 60


@pytest.mark.parametrize(
    ("heads", "others", "left"),
    [
        ([(0, 0, 10, 10)], [], 1),
        ([(0, 0, 10, 10)], [(5, 0, 15, 10)], 0),
        ([(0, 0, 10, 10)], [(50, 0, 60, 10)], 1),
        ([(0, 0, 10, 10)], [(0, 0, 40, 40)], 1),
        ([(0, 0, 10, 10), (12, 0, 22, 10)], [(5, 0, 15, 10)], 1),
        ([(0, 0, 10, 10), (12, 0, 22, 10)], [(2, 0, 12, 10), (14, 0, 24, 10)], 0),
    ],
)
def test_each_head_excuses_one_other(heads, others, left):
    assert len(list(find_unmatched(heads, others, reach=1.0))) == left


def test_a_moving_head_is_redacted_although_every_other_detection_is_missing():
    def head(at_s):
        return tuple(np.array(HEAD) + np.array([60 * at_s - 100, 0] * 2))

    moments = [(n / 5, [head(n / 5)] if n % 2 == 0 else []) for n in range(16)]
    for at_s, image in shown(moments).items():
        assert detail(image, head(at_s)) < 20, at_s


def test_a_frame_without_detection_is_pixelated_as_a_whole():
    pictures = shown([(0.0, None), (0.2, []), (0.4, None)])
    assert detail(pictures[0.0], (0, 0, 320, 180)) < 5
    assert detail(pictures[0.2], (0, 0, 320, 180)) > 60


def test_pictures_are_no_wider_than_wished_and_heads_follow():
    (image,) = shown([(0.0, [HEAD])], width_px=160).values()
    assert image.shape == (90, 160, 3)
    assert detail(image, [edge / 2 for edge in HEAD]) < 20


def test_heads_of_unwanted_frames_are_redacted_in_later_ones():
    moments = [(0.0, [HEAD]), (0.4, [])]
    pictures = shown(moments, wanted=lambda at_s: at_s > 0.1)
    assert list(pictures) == [0.4]
    assert detail(pictures[0.4], HEAD) < 20
