"""Programs of Node that run on the portal: the journeys, the walk over all pages, the gallery."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.browser import PROGRAMS, REMEDY
from tests.cloud.portal.portal_server import PortalServer

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "cloud" / "portal" / "web"
BUNDLE = ROOT / "cloud" / "portal" / "bundle" / "index.html"
NOT_BUILT = "the portal is not built: run `make portal`"
RUN_TIMEOUT_S = 170


@dataclass(frozen=True)
class Result:
    """What one journey, or the visit of one page, has found."""

    name: str
    failures: list[str]


def environment() -> dict[str, str]:
    """With the Node that builds the portal first on the path."""
    command = [ROOT / "provisioning/local/node.sh", ROOT / ".venv/bin/python"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {**os.environ, "PATH": f"{found.stdout.strip()}:{os.environ['PATH']}"}


def list_journeys() -> list[str]:
    return sorted(file.name for file in (WEB / "journeys").glob("*.mjs"))


def run_browser(server: PortalServer, folder: Path, work: Mapping[str, Any]) -> Iterator[Result]:
    """Run journeys, the walk or the gallery in one Chromium; yields each result as it comes."""
    chromium = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert chromium is not None, REMEDY
    assert BUNDLE.is_file(), NOT_BUILT
    config = folder / "config.json"
    config.write_text(json.dumps({**asdict(server), "chromium": chromium, **work}))
    command = ["node", "journeys/lib/run.mjs", str(config)]
    with subprocess.Popen(
        command, cwd=WEB, env=environment(), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            found = json.loads(line)
            yield Result(found["name"], found["failures"])
    assert running.returncode == 0, f"{' '.join(command)} ended with {running.returncode}"
