"""How the agent is installed on a board: the systemd unit and the container image.

No image is built here: that needs a registry.
"""

import ast
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from edge_agent.status.watchdog import HANG_TIMEOUT_S

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "provisioning/edge/onlooker-edge.service"
IMAGE = ROOT / "provisioning/container/edge.Dockerfile"
LARGEST_EXPOSURE = 25  # tenths of ten; a plain service has 96, ours 22: it asks for the clock


@pytest.fixture
def unit(tmp_path):
    """The unit with a program that exists on this machine, under its own name."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing: apt-get install systemd")
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text().replace("/opt/onlooker/bin/onlooker-edge", "/bin/true"))
    return path


def test_systemd_understands_every_line(unit):
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_has_a_low_exposure(unit):
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={LARGEST_EXPOSURE}", unit],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def read_unit(name):
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


def test_the_watchdog_timeout_is_longer_than_a_loop_may_hang():
    assert read_unit("Type") == ["notify"]
    (timeout_s,) = read_unit("WatchdogSec")
    assert int(timeout_s) >= 2 * HANG_TIMEOUT_S
    assert read_unit("Restart") == ["on-failure"]


def test_the_image_installs_pinned_wheels_and_runs_as_an_unprivileged_user():
    text = IMAGE.read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    installs = [line for line in lines if "pip install" in line and "-r " in line]
    assert installs
    assert all("--require-hashes" in line and "--only-binary :all:" in line for line in installs)
    bases = {line.split()[1] for line in lines if line.startswith("FROM ")}
    assert bases == {"${BASE_IMAGE}"}  # given by digest: the file names no tag
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER onlooker"]
    assert lines.index("USER onlooker") > max(
        number for number, line in enumerate(lines) if line.startswith("RUN ")
    )
    copied = [line.split()[1] for line in lines if re.match(r"COPY (?!--from)", line)]
    assert all((ROOT / source).exists() for source in copied)


def imported_modules(statement):
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    return [str(statement.module)] if isinstance(statement, ast.ImportFrom) else []


def test_everything_that_the_agent_imports_is_pinned():
    imported = {
        name.partition(".")[0]
        for path in (ROOT / "edge_agent").rglob("*.py")
        for statement in ast.parse(path.read_text()).body
        for name in imported_modules(statement)
    }
    names = {"cv2": "opencv-python-headless", "paho": "paho-mqtt", "awsiot": "awsiotsdk"}
    pins = set(re.findall(r"^([\w-]+)==", (ROOT / "requirements/edge.txt").read_text(), re.M))
    standard = sys.stdlib_module_names
    outside = imported - standard - {"edge_agent", "wire"}
    assert "av" in outside
    assert all(find_spec(name) for name in outside)
    missing = {names.get(name, name.replace("_", "-")) for name in outside} - pins
    assert missing == set()
