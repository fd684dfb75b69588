"""`python -m simulators scene|replay|footfall|fleet|demo --help`.

Ctrl-C ends it with status 130 while its libraries load, and as the command says afterwards.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

from wire.process.interrupts import exit_on_interrupt, run_interruptible

if TYPE_CHECKING:
    from argparse import Namespace

    from wire.command_line import Parser

# Loaded on demand: scenes need OpenCV, a history needs only the wire schema.
COMMANDS: Final = {
    "scene": ("simulators.scene.command", "draw people walking past a screen, with ground truth"),
    "replay": ("simulators.replay", "run the real agent on videos"),
    "footfall": ("simulators.footfall", "write plausible history for a location"),
    "fleet": ("simulators.fleet", "simulate many cameras, with faults and known totals"),
    "demo": ("simulators.demo", "run broker, cloud and cameras on this machine"),
}


def main(words: list[str] | None = None) -> int:
    """Run one simulator; its exit status."""
    words = sys.argv[1:] if words is None else words
    with exit_on_interrupt():
        module, asked = _loaded(words)
    return run_interruptible(lambda: int(module.run(asked)))


def _loaded(words: list[str]) -> "tuple[ModuleType, Namespace]":
    from wire.process.type_info import build_type_info

    asked = build_parser(words).parse_args(words)
    module_of_command = import_module(COMMANDS[asked.command][0])
    build_type_info()
    return module_of_command, asked


def build_parser(words: list[str]) -> "Parser":
    """The parser of all commands, with the options of the command that was typed."""
    from simulators.examples import EXAMPLES
    from wire.command_line import Parser, add_examples

    parser = Parser(prog="python -m simulators", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, what) in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=f"{what}.")
        if words[:1] == [name]:
            import_module(module).add_arguments(command)
    add_examples(parser, "python -m simulators", EXAMPLES)
    return parser


if __name__ == "__main__":
    sys.exit(main())
