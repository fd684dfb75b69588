"""On a machine without Node.js, the portal is built with the Node.js and npm of a package."""

import os
import shutil
import subprocess
import venv
from pathlib import Path

import pip
import pytest

ROOT = Path(__file__).parents[3]
WEB = ROOT / "cloud/portal/web"
COMMANDS = ("sh", "dirname", "env", "ln")
NO_INDEX = ("No matching distribution", "Could not fetch", "Failed to establish")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> str:
    """A PATH with the commands of the script, and without Node.js."""
    folder = tmp_path_factory.mktemp("commands")
    for command in COMMANDS:
        (folder / command).symlink_to(str(shutil.which(command)))
    return str(folder)


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """A Python environment with pip alone."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "pip").symlink_to(Path(pip.__file__).parent)
    return folder / "bin/python"


@pytest.fixture(scope="module")
def node(path: str, python: Path) -> str:
    """The folder that the script prints."""
    found = run(["sh", "provisioning/local/node.sh", str(python)], path, ROOT)
    if found.returncode and any(one in found.stderr for one in NO_INDEX):
        pytest.skip(f"the package index cannot be reached: {found.stderr[-200:]}")
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


def run(words: list[str], path: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PATH": path}
    return subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True)


def test_node_and_npm_come_from_the_package(node: str, path: str, python: Path):
    assert Path(node).is_relative_to(python.parents[1])
    for command in ("node", "npm"):
        found = run([f"{node}/{command}", "--version"], f"{node}:{path}", ROOT)
        assert found.returncode == 0, found.stderr
        assert int(found.stdout.strip().lstrip("v").split(".")[0]) >= 10


def test_npm_resolves_the_lock_file_without_a_network(node: str, path: str, tmp_path: Path):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(WEB / name, tmp_path)
    words = [f"{node}/npm", "ci", "--offline", "--dry-run", "--ignore-scripts"]
    found = run(words, f"{node}:{path}", tmp_path)
    assert found.returncode == 0, found.stderr
    assert "added" in found.stdout


def test_a_second_run_installs_nothing(node: str, path: str, python: Path):
    found = run(["sh", "provisioning/local/node.sh", str(python)], path, ROOT)
    assert (found.stdout.strip(), found.stderr) == (node, "")
