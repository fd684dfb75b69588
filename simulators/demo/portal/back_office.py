"""What runs behind the portal: mails, which are written into a folder, and the nightly job.

The nightly job fills lake, catalogue and published prices. It needs the libraries of the lake.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from simulators.demo.console import print_step
from simulators.demo.running import Demo
from simulators.servers.mail_folder import receive_mails

SENDER: Final = "portal@media-owner.example"
MAILS: Final = "mails"
LAKE: Final = "lake"


@contextmanager
def collecting_mails(demo: Demo) -> Iterator[list[str]]:
    """The options of programs that send mails, which become files of `mails`."""
    with receive_mails(demo.folder / MAILS) as port:
        yield ["--smtp", f"127.0.0.1:{port}", "--mail-from", SENDER, "--link", demo.api]


def serve_lake(demo: Demo) -> list[str]:
    """The options of the API that show the lake's catalogue."""
    return ["--lake", str(demo.folder / LAKE)]


def run_nightly(demo: Demo) -> None:
    """Run the nightly job once, as a timer does after midnight."""
    with print_step("nightly job: lake, catalogue, forecasts, prices"):
        folders = ["--catalogue", str(demo.folder / "lake-catalogue")]
        command = ["nightly", "--database", demo.database, *serve_lake(demo), *folders]
        demo.processes.run("nightly", ["cloud", *command])


def start_notifications(demo: Demo, mail_options: list[str]) -> None:
    """Start the program that notifies users of events."""
    words = ["notifications", "run", "--database", demo.database, *mail_options]
    demo.processes.start("notifications", ["cloud", *words])
