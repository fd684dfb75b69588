"""`python -m tests.cloud.portal.visit`: visit pages, run journeys, take pictures.

visit pages                          every page: accessibility, widths, faults
visit journeys buyers/sign-in.mjs    some journeys, or all
visit gallery --only /orders         pictures into docs/gallery, of some pages or all
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cloud.portal.gallery import FOLDER, compress_pictures, write_gallery
from tests.cloud.portal.node_runs import list_journeys, run_browser
from tests.cloud.portal.portal_server import open_portal_server


def main() -> int:
    parser = argparse.ArgumentParser(prog="visit", description=__doc__)
    parser.add_argument("what", choices=("pages", "hostile", "journeys", "gallery"))
    parser.add_argument("names", nargs="*", help="journeys")
    parser.add_argument("--only", default="", help="pages whose path contains this")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where pictures are written")
    parser.add_argument("--colours", choices=("light", "dark"), default="light")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        failed = _visit(folder, _describe_work(arguments, folder))
        if arguments.what == "gallery":
            compress_pictures(folder, arguments.folder)
            if arguments.folder == FOLDER:
                write_gallery()
    return int(failed)


def _describe_work(arguments: argparse.Namespace, folder: Path) -> Mapping[str, Any]:
    if arguments.what == "pages":
        return {"walk": True, "only": arguments.only}
    if arguments.what == "hostile":
        return {"hostile": True, "only": arguments.only}
    if arguments.what == "journeys":
        return {"journeys": arguments.names or [*list_journeys("owner"), *list_journeys("buyers")]}
    pictures = {"folder": str(folder), "only": arguments.only, "colorScheme": arguments.colours}
    return {"gallery": pictures}


def _visit(folder: Path, work: Mapping[str, Any]) -> bool:
    failed = False
    with open_portal_server(folder) as server:
        for result in run_browser(server, folder, work):
            failed |= bool(result.failures)
            sys.stdout.write(f"{'FAILED' if result.failures else 'ok':8}{result.name}\n")
            sys.stdout.writelines(f"    {failure}\n" for failure in result.failures)
            sys.stdout.flush()
    return failed


if __name__ == "__main__":
    sys.exit(main())
