"""`python -m cloud.fleet ...`, for a machine that does nothing else: as `python -m cloud fleet`."""

import argparse
import logging
import sys

from cloud.database import DatabaseError
from cloud.estate import EstateError
from cloud.fleet import command
from cloud.fleet.desk import DeskError
from cloud.settings import SettingsError


def main(arguments: list[str] | None = None) -> int:
    """Run one action; 2 when it is refused with a sentence."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    parser = argparse.ArgumentParser(prog="python -m cloud.fleet", description=command.__doc__)
    command.add_arguments(parser)
    try:
        return command.run(parser.parse_args(arguments))
    except (DatabaseError, DeskError, EstateError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
