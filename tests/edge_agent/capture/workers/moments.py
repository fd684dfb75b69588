"""Takes the next moment of a kind from a live camera."""

import time

SOON_S = 40.0


def take(moments, kind):
    """The next moment of a kind."""
    deadline = time.monotonic() + SOON_S
    for moment in moments:
        if isinstance(moment, kind):
            return moment
        assert time.monotonic() < deadline
    raise AssertionError("the camera ended")
