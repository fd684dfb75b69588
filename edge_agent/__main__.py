"""`python -m edge_agent run|check|enrol`; the commands are in `commands`.

Ctrl-C while the libraries load exits with status 130; later, each command handles it.
"""

from wire.process.garbage import without_garbage_collection
from wire.process.interrupts import exit_on_interrupt, exit_program, run_interruptible


def main(arguments: list[str] | None = None) -> int:
    """Load the commands and run one."""
    with exit_on_interrupt(), without_garbage_collection():
        from edge_agent.commands.main import main as command
    return run_interruptible(lambda: command(arguments))


if __name__ == "__main__":
    exit_program(main)
