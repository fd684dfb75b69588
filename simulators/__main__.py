"""The simulators' front door: `python -m simulators scene|replay|footfall|fleet|demo --help`."""

import argparse
import sys
from importlib import import_module
from typing import Final

# Loaded only when asked for: drawing needs OpenCV, the history needs nothing but the contract.
COMMANDS: Final = {
    "scene": ("simulators.scene.film", "draw people walking past a screen, with the truth"),
    "replay": ("simulators.replay", "run the real agent on videos"),
    "footfall": ("simulators.footfall", "write plausible history for a location"),
    "fleet": ("simulators.fleet", "many cameras at once, with faults and known totals"),
    "demo": ("simulators.demo", "the whole line on this machine"),
}


def main(words: list[str] | None = None) -> int:
    """Run one simulator; its exit status."""
    words = sys.argv[1:] if words is None else words
    parser = argparse.ArgumentParser(prog="python -m simulators", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, what) in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=f"{what}.")
        if words[:1] == [name]:
            import_module(module).add_arguments(command)
    asked = parser.parse_args(words)
    status: int = import_module(COMMANDS[asked.command][0]).run(asked)
    return status


if __name__ == "__main__":
    sys.exit(main())
