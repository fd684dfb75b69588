"""What must never be in the repository: pictures of people, big files, addresses of registries."""

import subprocess
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".mp4", ".mkv", ".webm", ".npy", ".npz", ".pkl", ".pt")
LARGEST_BYTES = 1_000_000
GALLERY = HOUSE / "docs" / "gallery"
"""Pictures of our own pages."""
LARGEST_GALLERY_BYTES = 6_000_000
BUILDERS = (".Dockerfile", ".yml", ".sh")
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
    pictures = [path for path in tracked if path.suffix.lower() in PICTURES]
    assert [path for path in pictures if path.parent != GALLERY or path.suffix != ".png"] == []
    assert sum(path.stat().st_size for path in pictures) <= LARGEST_GALLERY_BYTES


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


def test_every_installation_is_of_pins_with_hashes_and_builds_with_a_pinned_backend(tracked):
    scripts = [path for path in tracked if path.name == "Makefile" or path.suffix in BUILDERS]
    assert scripts
    for path in scripts:
        for line in path.read_text().replace("\\\n", " ").splitlines():
            for command in line.split("&&"):
                if "pip wheel" in command or "--editable" in command:
                    assert "--no-build-isolation" in command, f"{path}: {command}"
                    assert "--no-deps" in command, f"{path}: {command}"
                elif "pip install" in command and "-r " in command:
                    assert "--require-hashes" in command, f"{path}: {command}"


def test_the_build_backend_is_pinned_as_in_development():
    pins = {
        path.name: [
            line.split()[0]
            for line in path.read_text().splitlines()
            if line.startswith("setuptools==")
        ]
        for path in (HOUSE / "requirements").glob("*.txt")
    }
    assert len(pins["build.txt"]) == 1
    assert pins["build.txt"] == pins["dev.txt"]


def test_images_are_built_on_a_base_that_is_given_by_digest(tracked):
    files = [path for path in tracked if path.name.endswith("Dockerfile")]
    assert files
    for path in files:
        lines = path.read_text().splitlines()
        assert "ARG BASE_IMAGE" in lines, "no default: it would be a tag, or a digest that is old"
        stages = [line.split() for line in lines if line.startswith("FROM ")]
        own = {words[3] for words in stages if len(words) == 4}
        assert {words[1] for words in stages} - own == {"${BASE_IMAGE}"}
