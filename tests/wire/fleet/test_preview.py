"""A preview is refused where it is finer than the limit, or not what it says."""

import base64

import msgspec
import pytest

from wire.fleet.preview import MAX_BLOCKS, MAX_PREVIEW_BYTES, PreviewPicture

FIELDS = {
    "device": "kx-01-cam-1", "taken_at": "2026-11-23T12:00:00Z", "width": 4, "height": 2,
    "grey": base64.b64encode(bytes(8)).decode(),
}  # fmt: skip


def decode(**changes):
    return msgspec.json.decode(msgspec.json.encode({**FIELDS, **changes}), type=PreviewPicture)


def test_the_largest_picture_is_within_the_limit_of_bytes():
    grey = base64.b64encode(bytes(MAX_BLOCKS**2)).decode()
    largest = decode(device="d" * 63, width=MAX_BLOCKS, height=MAX_BLOCKS, grey=grey)
    assert len(msgspec.json.encode(largest)) <= MAX_PREVIEW_BYTES


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"width": MAX_BLOCKS + 1, "height": 1}, "32"),
        ({"width": 0}, ">= 1"),
        ({"grey": base64.b64encode(bytes(9)).decode()}, "9 grey values: expected one for each of"),
        ({"grey": "not base64!"}, "grey is not base64"),
        ({"grey": "A" * 1_500}, "length <="),
        ({"jpeg": "AAAA"}, "unknown field"),
    ],
)
def test_a_picture_beyond_the_limits_is_refused(changes, reason):
    with pytest.raises(msgspec.ValidationError, match=reason):
        decode(**changes)


def test_a_picture_beyond_the_limits_cannot_be_made():
    fields = {**FIELDS, "taken_at": None, "width": MAX_BLOCKS + 1}
    with pytest.raises(ValueError, match="32 on a side at most"):
        PreviewPicture(**fields)
