"""Programs of Node that run on the portal: the journeys, the walk over all pages, the gallery."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tests.browser import find_chromium
from tests.cloud.portal.portal_server import PortalServer, open_portal_server

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "cloud" / "portal" / "web"
BUNDLE = ROOT / "cloud" / "portal" / "bundle" / "index.html"
NOT_BUILT = "the portal is not built: run `make portal`"


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


def list_journeys(who: str) -> list[str]:
    """Those of `buyers`, of the media `owner`, or of all (`*`), such as `owner/sales.mjs`."""
    folder = WEB / "journeys"
    files = (file.relative_to(folder) for file in folder.rglob("*.mjs"))
    return sorted(f.as_posix() for f in files if f.parts[0] != "lib" and fnmatch(f.parts[0], who))


def list_routes() -> list[dict[str, Any]]:
    """The pages of the router, as the build has listed them."""
    assert BUNDLE.is_file(), NOT_BUILT
    routes: list[dict[str, Any]] = json.loads(BUNDLE.with_name("routes.json").read_text())
    return routes


def run_on_new_server(folder: Path, work: Mapping[str, Any]) -> dict[str, list[str]]:
    """The failures by name of what runs in one browser on a server of its own."""
    with open_portal_server(folder) as server:
        return {one.name: one.failures for one in run_browser(server, folder, work)}


def run_browser(server: PortalServer, folder: Path, work: Mapping[str, Any]) -> Iterator[Result]:
    """Run journeys, the walk or the gallery in one Chromium; yields each result as it comes."""
    assert BUNDLE.is_file(), NOT_BUILT
    config = folder / "config.json"
    config.write_text(json.dumps({**asdict(server), "chromium": find_chromium(), **work}))
    command = ["node", "journeys/lib/run.mjs", str(config)]
    with subprocess.Popen(
        command, cwd=WEB, env=environment(), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            found = json.loads(line)
            yield Result(found["name"], found["failures"])
    assert running.returncode == 0, f"{' '.join(command)} ended with {running.returncode}"
