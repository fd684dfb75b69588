"""Command line of the agent: `run` measures until it is told to stop, `check` says whether a run
would work, `enrol` turns a claim into a certificate.

One camera is named on the command line; several are listed in the settings file (`roster.py`).
"""

import argparse
import math
import sys

import cv2

from edge_agent.check.startup_errors import STARTUP_ERRORS
from edge_agent.commands import camera_options, check, run
from edge_agent.commands import enrol as enrolment
from edge_agent.logs import write_json_lines
from edge_agent.private_files import private_umask
from wire.addresses import hide_addresses
from wire.command_line import Parser


def main(arguments: list[str] | None = None) -> int:
    """`python -m edge_agent run|check|enrol ...`; 0 in order, 2 when it cannot start.

    `check` also ends with 1 when there are warnings only.
    """
    typed = sys.argv[1:] if arguments is None else arguments
    asked = build_parser().parse_args(typed)
    write_json_lines(asked.log_level)
    camera_options.warn_about_visible_credentials(typed)
    cv2.setNumThreads(1)  # its threads spin for work that takes a tenth of a millisecond
    try:
        with private_umask():
            return int(asked.action(asked))
    except STARTUP_ERRORS as error:
        sys.stderr.write(hide_addresses(f"edge_agent: {error}") + "\n")
        return 2


def build_parser() -> Parser:
    """Every command with its options."""
    made = Parser(
        prog="python -m edge_agent",
        description="Measures on the camera who looks at the screen, and sends counts only.",
    )
    actions = made.add_subparsers(required=True, metavar="run|check|enrol")
    commands = ((run, "measure until told to stop"), (check, "whether a run would work"))
    for command, about in commands:
        one = actions.add_parser(
            command.__name__.rpartition(".")[2], help=about, description=command.__doc__
        )
        one.set_defaults(action=command.run)
        camera_options.add_arguments(one)
        _add_playback(one)
    check.add_arguments(actions.choices["check"])
    enrolment.add_arguments(
        actions.add_parser(
            "enrol", help="from a claim to a certificate", description=enrolment.run.__doc__
        )
    )
    return made


def _add_playback(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--speed", type=_speed, default=1.0, metavar="N|max", help="of a file; default 1")
    add("--loop", action="store_true", help="begin a file again when it has ended")
    add("--drain", type=float, default=10.0, metavar="S", help="wait so long for the last word")
    add("--log-level", default="info", choices=("debug", "info", "warning", "error"))


def _speed(text: str) -> float:
    speed = math.inf if text == "max" else float(text)
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"{text}: give a number above 0, or max")
    return speed
