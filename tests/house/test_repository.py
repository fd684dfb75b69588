"""What must never be in the repository: pictures of people, big files, addresses of registries."""

import subprocess
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".mp4", ".mkv", ".webm", ".npy", ".npz", ".pkl", ".pt")
LARGEST_BYTES = 1_000_000
REGISTRIES = ("pythonhosted" + ".org", "pypi" + ".org", "npmjs" + ".org")


@pytest.fixture(scope="module")
def tracked():
    if not (HOUSE / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=HOUSE, capture_output=True, check=True
    ).stdout
    return [HOUSE / name for name in listed.decode().split("\0") if name]


def test_there_are_no_pictures_or_recordings(tracked):
    assert [path for path in tracked if path.suffix.lower() in PICTURES] == []


def test_every_file_is_small(tracked):
    assert [path for path in tracked if path.stat().st_size > LARGEST_BYTES] == []


def test_no_registry_is_named(tracked):
    for path in tracked:
        text = path.read_bytes().decode(errors="ignore")
        assert not [host for host in REGISTRIES if host in text], path


def test_the_pins_carry_hashes(tracked):
    for path in (HOUSE / "requirements").glob("*.txt"):
        pins = [line for line in path.read_text().splitlines() if "==" in line]
        assert pins
        assert all(line.endswith("\\") for line in pins), f"a pin without hashes in {path}"
