"""The law of imports holds, and the check that guards it can fail."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
ROOMS = ("wire", "edge_agent", "cloud", "models", "provisioning", "simulators")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--cache-dir", ".imports"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The house's own code, to be broken on purpose and mended."""
    folder = tmp_path_factory.mktemp("copy")
    for room in ROOMS:
        shutil.copytree(
            HOUSE / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "*.onnx")
        )
    shutil.copy(HOUSE / "pyproject.toml", folder)
    return folder


@contextmanager
def broken(path, line):
    """Add a line to a module, or a module of that line; afterwards it is as before."""
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n")
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)


@pytest.mark.slow
def test_the_law_holds(copy):
    outcome = lint(copy)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("edge_agent/settings/loading.py", "import cloud.settings"),
        ("edge_agent/settings/loading.py", "import boto3"),
        ("wire/topics.py", "import edge_agent.settings.loading"),
        ("cloud/database.py", "import edge_agent.settings.loading"),
        ("simulators/servers/mosquitto.py", "import cloud.settings"),
        ("edge_agent/selection/motion_gate.py", "import edge_agent.metering.meter"),
        ("cloud/database.py", "import cloud.pricing"),
        ("edge_agent/an_unplaced_room.py", ""),
    ],
)
def test_breaking_the_law_is_found(copy, file, line):
    with broken(copy / file, line):
        outcome = lint(copy)
    assert outcome.returncode == 1, outcome.stdout
    assert "BROKEN" in outcome.stdout or "Missing layer" in outcome.stdout, outcome.stdout
