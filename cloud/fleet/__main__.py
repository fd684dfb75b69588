"""`python -m cloud.fleet ...`, for a machine that does nothing else: as `python -m cloud fleet`."""

import sys

from wire.process.garbage import without_garbage_collection
from wire.process.interrupts import exit_on_interrupt, exit_program, run_interruptible


def main(arguments: list[str] | None = None) -> int:
    """Load the command and run one of its actions."""
    with exit_on_interrupt(), without_garbage_collection():
        from cloud.fleet.cli.program import load

        command = load(sys.argv[1:] if arguments is None else arguments)
    return run_interruptible(command)


if __name__ == "__main__":
    exit_program(main)
