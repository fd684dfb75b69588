"""`python -m models`: train, export, evaluate, calibrate, list and fetch networks.

Ctrl-C ends it with status 130.
"""

from collections.abc import Sequence

from wire.process.garbage import without_garbage_collection
from wire.process.interrupts import exit_on_interrupt, exit_program, run_interruptible


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; return 0 when it succeeded, 2 when it was refused with a reason."""
    with exit_on_interrupt(), without_garbage_collection():
        from models.cli.arguments import parser
        from models.cli.main import run

        options = parser().parse_args(words)
    return run_interruptible(lambda: run(options))


if __name__ == "__main__":
    exit_program(main)
