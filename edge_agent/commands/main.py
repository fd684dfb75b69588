"""Command line of the agent: `run` measures, `check` checks the prerequisites of a run, `enrol`
obtains a certificate.

One camera is given on the command line; several are listed in the settings file
(`cameras_config.py`).
"""

import argparse
import math
import sys

import cv2

from edge_agent.check.startup_errors import STARTUP_ERRORS
from edge_agent.commands import camera_options, check, run
from edge_agent.commands import enrol as enrolment
from edge_agent.commands.examples import EXAMPLES
from edge_agent.logs import write_json_lines
from edge_agent.private_files import private_umask
from wire.addresses import hide_addresses
from wire.command_line import Parser, add_examples
from wire.process.type_info import build_type_info


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status is 0 on success, 2 when it cannot start.

    `check` also exits with 1 when there are only warnings.
    """
    words = sys.argv[1:] if arguments is None else arguments
    options = build_parser().parse_args(words)
    write_json_lines(options.log_level)
    camera_options.warn_about_visible_credentials(words)
    build_type_info()
    cv2.setNumThreads(1)  # OpenCV's thread pool costs more than its tasks of 0.1 ms
    try:
        with private_umask():
            return int(options.action(options))
    except STARTUP_ERRORS as error:
        sys.stderr.write(hide_addresses(f"edge_agent: {error}") + "\n")
        return 2


def build_parser() -> Parser:
    """The parser of all commands."""
    root = Parser(
        prog="python -m edge_agent",
        description="Measures on the camera who looks at the screen, and sends counts only.",
    )
    actions = root.add_subparsers(required=True, metavar="run|check|enrol")
    commands = ((run, "measure until stopped"), (check, "check whether a run would work"))
    for command, description in commands:
        command_parser = actions.add_parser(
            command.__name__.rpartition(".")[2], help=description, description=command.__doc__
        )
        command_parser.set_defaults(action=command.run)
        camera_options.add_arguments(command_parser)
        _add_playback(command_parser)
    check.add_arguments(actions.choices["check"])
    enrolment.add_arguments(
        actions.add_parser(
            "enrol",
            help="obtain a certificate with a claim certificate",
            description=enrolment.run.__doc__,
        )
    )
    add_examples(root, "python -m edge_agent", EXAMPLES)
    return root


def _add_playback(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="N|max",
        help="playback speed of a file; default 1",
    )
    add("--loop", action="store_true", help="repeat a file")
    add(
        "--drain",
        type=float,
        default=10.0,
        metavar="S",
        help="seconds to wait for acknowledgements at the end",
    )
    add(
        "--log-level",
        default="info",
        choices=("debug", "info", "warning", "error"),
        help="least severity of a log line (default: %(default)s)",
    )


def _speed(text: str) -> float:
    speed = math.inf if text == "max" else float(text)
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"{text}: give a number above 0, or max")
    return speed
