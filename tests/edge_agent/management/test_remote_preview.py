"""A picture is checked again before it is sent, and one is sent in ten seconds."""

import msgspec
import pytest

from edge_agent.management.remote_preview import PreviewError, RemotePreview
from tests.edge_agent.privacy.coarse_pictures import coarse_picture
from wire.fleet.preview import MAX_BLOCKS


def test_turns_are_ten_seconds_apart():
    preview = RemotePreview(lambda: None)
    turns = [preview.take_turn(at_s) for at_s in (0.0, 9.9, 10.0, 19.9, 20.0)]
    assert turns == [True, False, True, False, True]


@pytest.mark.parametrize(
    "change", [{"width": MAX_BLOCKS + 1}, {"height": 99}, {"grey": "A" * 8000}]
)
def test_a_picture_that_is_too_fine_is_not_sent(change):
    fields = {**msgspec.to_builtins(coarse_picture(96, 54)), **change}
    with pytest.raises(PreviewError):
        RemotePreview(lambda: fields).encoded_picture()
