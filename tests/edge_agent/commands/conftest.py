"""Fixture: a settings file of two cameras."""

import pytest


@pytest.fixture
def two_cameras(street_film, tmp_path):
    """Settings that name two_cameras cameras."""
    lines = ["[motion]", "heartbeat_s = 2"]
    for number, frames in ((1, 50), (2, 30)):
        clip = street_film(tmp_path / f"{number}.mp4", frames)
        outbox = tmp_path / f"{number}.sqlite3"
        lines += [
            "[[camera]]", f"source = '{clip}'", "location = 'KX-01'",
            f"device = 'kx-01-cam-{number}'", f"outbox = '{outbox}'",
        ]  # fmt: skip
    path = tmp_path / "two.toml"
    path.write_text("\n".join(lines))
    return path
