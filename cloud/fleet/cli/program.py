"""The actions of the fleet as a program of its own, without the other commands of the cloud."""

import sys
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from cloud import settings
from cloud.database import DatabaseError
from cloud.database.failures import failure_sentence
from cloud.fleet.cli import commands
from cloud.fleet.examples import EXAMPLES
from cloud.ingest.sources.message_source import SourceError
from cloud.logs import write_json_lines
from cloud.settings import SettingsError
from cloud.yaml_document import DocumentError
from wire.addresses import hide_addresses
from wire.command_line import Parser, add_examples
from wire.process.type_info import build_type_info

REFUSED = 2


def load(typed: list[str]) -> Callable[[], int]:
    """The action that was typed, ready to run."""
    write_json_lines()
    parser = Parser(prog="python -m cloud.fleet", description=commands.__doc__)
    commands.add_arguments(parser)
    settings.share_options(parser)
    add_examples(parser, "python -m cloud.fleet", EXAMPLES)
    arguments = parser.parse_args(typed)
    build_type_info()
    return lambda: _run_refusing(lambda: commands.run(arguments))


def _run_refusing(run: Callable[[], int]) -> int:
    try:
        return run()
    except (DatabaseError, DocumentError, SettingsError, SourceError) as error:
        reason = hide_addresses(str(error))
    except DBAPIError as error:
        reason = failure_sentence(error)
    sys.stderr.write(f"{reason}\n")
    return REFUSED
