"""The help of every command of all six programs ends with an example that can be parsed."""

import argparse
import importlib
import shlex

import pytest

from cloud import settings
from cloud.cli.examples import examples_of
from cloud.cli.main import COMMANDS
from edge_agent.commands.main import build_parser as edge_agent
from models.cli.arguments import parser as models
from provisioning.commands import parser as provisioning
from simulators.__main__ import COMMANDS as SIMULATORS
from simulators.__main__ import build_parser as simulators
from wire.__main__ import build_parser as wire
from wire.command_line import Parser, add_examples, subcommands


def cloud(name):
    parser = Parser(prog=f"python -m cloud {name}")
    importlib.import_module(COMMANDS[name][0]).add_arguments(parser)
    settings.share_options(parser)
    add_examples(parser, parser.prog, examples_of(name))
    return parser


def all_parsers(parser):
    yield parser
    for child in subcommands(parser).values():
        yield from all_parsers(child)


def read_example(parser):
    """The words of the last line of the help after `python -m PROGRAM`."""
    return shlex.split(parser.format_help().rstrip().splitlines()[-1])[3:]


def is_parsed(program, words):
    try:
        program.parse_args(words)
    except SystemExit:
        return False
    return True


def programs():
    yield from (wire(), edge_agent(), models(), provisioning(), simulators([]))
    yield from (subcommands(simulators([name]))[name] for name in SIMULATORS)
    yield from (cloud(name) for name in COMMANDS)


@pytest.mark.parametrize("program", list(programs()), ids=lambda parser: parser.prog)
def test_the_help_of_every_command_ends_with_an_example(program):
    lacking = []
    for parser in all_parsers(program):
        shown = parser.format_help().rstrip().splitlines()
        if shown[-2] != "example:" or not shown[-1].startswith("  python -m "):
            lacking.append(parser.prog)
    assert lacking == []


@pytest.mark.parametrize(
    "program", [edge_agent(), models(), provisioning(), wire()], ids=lambda parser: parser.prog
)
def test_every_example_can_be_parsed(program):
    examples = [read_example(parser) for parser in all_parsers(program)]
    assert examples
    assert [words for words in examples if not is_parsed(program, words)] == []


@pytest.mark.parametrize("name", SIMULATORS)
def test_every_example_of_the_simulators_can_be_parsed(name):
    program = simulators([name])
    words = read_example(subcommands(program)[name])
    assert program.parse_args(words).command == name


@pytest.mark.parametrize(
    "program",
    [
        *(edge_agent(), models(), provisioning(), wire()),
        *(subcommands(simulators([name]))[name] for name in SIMULATORS),
        *map(cloud, COMMANDS),
    ],
    ids=lambda parser: parser.prog,
)
def test_every_option_has_a_help_text(program):
    lacking = [
        (parser.prog, action.dest)
        for parser in all_parsers(program)
        for action in parser._actions
        if not (action.help or action.nargs == argparse.PARSER)  # this is the list of commands
    ]
    assert lacking == []


def test_the_length_of_a_scene_is_stated():
    assert "12 to 3600 s" in subcommands(simulators(["scene"]))["scene"].format_help()
