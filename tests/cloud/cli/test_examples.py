"""The help of every command of the cloud and of the fleet ends with an example that can be run."""

import importlib
import shlex

import pytest

from cloud import settings
from cloud.cli.examples import EXAMPLES, examples_of
from cloud.cli.main import COMMANDS
from wire.command_line import EXAMPLE, Parser, add_examples, subcommands


def parser_of(name):
    parser = Parser(prog=f"python -m cloud {name}")
    importlib.import_module(COMMANDS[name][0]).add_arguments(parser)
    settings.share_options(parser)
    add_examples(parser, parser.prog, examples_of(name))
    return parser


def all_parsers(parser, path):
    yield path, parser
    for name, child in subcommands(parser).items():
        yield from all_parsers(child, f"{path} {name}")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "stream-spark"])
def test_the_help_of_every_command_ends_with_an_example(name):
    lacking = [
        path
        for path, parser in all_parsers(parser_of(name), name)
        if EXAMPLE not in (parser.epilog or "")
        or not parser.format_help().rstrip().splitlines()[-1].strip().startswith("python -m cloud")
    ]
    assert lacking == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_parsed(example):
    name, *words = shlex.split(example)
    arguments = parser_of(name).parse_args(words)
    assert vars(arguments), f"{example} sets no option"
