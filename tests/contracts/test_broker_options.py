"""Every command that connects to a broker takes the same three options for certificates."""

import argparse
import importlib

import pytest

from cloud.cli.main import COMMANDS as CLOUD
from edge_agent.commands.main import build_parser as edge_parser
from models.cli.arguments import parser as models_parser
from provisioning.commands import parser as provisioning_parser
from simulators.__main__ import COMMANDS as SIMULATORS
from wire.command_line import CERTIFICATES


def _declared(modules):
    for name, module in modules.items():
        parser = argparse.ArgumentParser(prog=name)
        importlib.import_module(module).add_arguments(parser)
        yield parser


def _leaves(parser):
    choices = [
        child
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for child in action.choices.values()
    ]
    if not choices:
        yield parser
    for child in choices:
        yield from _leaves(child)


def _commands():
    parsers = [edge_parser(), models_parser(), provisioning_parser()]
    parsers += _declared({f"cloud {name}": row[0] for name, row in CLOUD.items()})
    parsers += _declared({f"simulators {name}": row[0] for name, row in SIMULATORS.items()})
    return [leaf for parser in parsers for leaf in _leaves(parser)]


CONNECTING = [command for command in _commands() if "--broker" in command._option_string_actions]


@pytest.mark.parametrize("command", CONNECTING, ids=lambda command: command.prog)
def test_a_command_with_a_broker_takes_ca_cert_and_key(command):
    for name in CERTIFICATES:
        action = command._option_string_actions[f"--{name}"]
        assert (action.dest, action.metavar) == (name, "FILE")


def test_the_commands_that_connect_to_a_broker():
    assert sorted(" ".join(command.prog.split()[-2:]) for command in CONNECTING) == [
        "cloud stream",
        "edge_agent check",
        "edge_agent enrol",
        "edge_agent run",
        "fleet serve",
        "retail stream",
        "simulators fleet",
        "simulators footfall",
        "simulators replay",
    ]
