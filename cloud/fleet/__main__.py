"""`python -m cloud.fleet ...`, for a machine that does nothing else: as `python -m cloud fleet`."""

import sys

from wire.interrupts import exiting_on_interrupt, interruptible


def main(arguments: list[str] | None = None) -> int:
    """Load the command and run one of its actions."""
    with exiting_on_interrupt():
        from cloud.fleet.program import loaded

        command = loaded(sys.argv[1:] if arguments is None else arguments)
    return interruptible(command)


if __name__ == "__main__":
    sys.exit(main())
