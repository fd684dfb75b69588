"""`python -m cloud COMMAND`; the commands are listed in `cli/main.py`.

Ctrl-C ends it with status 130 while its libraries load; later, the command decides. A reader
that closes standard output, such as `head`, ends it with status 141.
"""

import sys

from wire.process.closed_output import run_while_output_is_open
from wire.process.garbage import without_garbage_collection
from wire.process.interrupts import exit_on_interrupt, exit_program, run_interruptible


def main(arguments: list[str] | None = None) -> int:
    """Load a command and run it."""
    with exit_on_interrupt(), without_garbage_collection():
        from cloud.cli.main import load_command

        command = load_command(sys.argv[1:] if arguments is None else arguments)
    return run_interruptible(lambda: run_while_output_is_open(command))


if __name__ == "__main__":
    exit_program(main)
