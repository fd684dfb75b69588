"""`python -m simulators ...`; `COMMANDS` lists the commands.

Ctrl-C while the libraries load exits with status 130; later, each command handles it.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

from wire.process.garbage import without_garbage_collection
from wire.process.interrupts import exit_on_interrupt, exit_program, run_interruptible

if TYPE_CHECKING:
    from argparse import Namespace

    from wire.command_line import Parser

DESCRIPTION: Final = "Generate synthetic scenes, replay videos, and simulate cameras."
# Imported on demand: a scene needs OpenCV, a history only the wire schema.
COMMANDS: Final = {
    "scene": (
        "simulators.scene.command",
        "render a video of people who walk past a screen, with its ground truth",
    ),
    "replay": ("simulators.replay", "run the agent on video files and send or write its reports"),
    "footfall": ("simulators.footfall", "generate the reports of one location for some past days"),
    "fleet": ("simulators.fleet", "generate the reports of many cameras, optionally with faults"),
    "lake": (
        "simulators.lake.command",
        "write a history of many cameras into the raw zone of a lake",
    ),
    "payments": (
        "simulators.payments.command",
        "run a payment provider on this machine, which charges nothing",
    ),
    "bidding": (
        "simulators.bidding.command",
        "run the bidder of a buyer on this machine, which pays nothing",
    ),
    "shops": (
        "simulators.shops.command",
        "write the price points of a chain of shops with known elasticities",
    ),
    "products": (
        "simulators.products.command",
        "write files for a data product, with figures that are known",
    ),
    "demo": (
        "simulators.demo.command",
        "run broker, cloud, cameras and portal on this machine; print a price and a sale",
    ),
}


def main(words: list[str] | None = None) -> int:
    """Run one simulator; its exit status."""
    words = sys.argv[1:] if words is None else words
    with exit_on_interrupt(), without_garbage_collection():
        module, arguments = load_command(words)
    return run_interruptible(lambda: int(module.run(arguments)))


def load_command(words: list[str]) -> "tuple[ModuleType, Namespace]":
    """Parse the words; import the module of their command."""
    from wire.process.type_info import build_type_info

    arguments = build_parser(words).parse_args(words)
    module = import_module(COMMANDS[arguments.command][0])
    build_type_info()
    return module, arguments


def build_parser(words: list[str]) -> "Parser":
    """The parser of all commands, with the options of the command in `words` only."""
    from simulators.examples import EXAMPLES
    from wire.command_line import Parser, add_examples, sentence

    parser = Parser(prog="python -m simulators", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, what) in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=sentence(what))
        if words[:1] == [name]:
            import_module(module).add_arguments(command)
    add_examples(parser, "python -m simulators", EXAMPLES)
    return parser


if __name__ == "__main__":
    exit_program(main)
