"""Every program builds the type information of msgspec before its command runs."""

import importlib

import pytest

from cloud.cli.main import load_command
from cloud.fleet.cli.program import load
from edge_agent.commands.main import main as edge_main
from provisioning.commands import main as provisioning_main
from simulators.__main__ import main as simulators_main


class BuildingTypeInfoError(Exception):
    """Raised in place of building, so that nothing after it runs."""


PROGRAMS = {
    "cloud.cli.main": lambda: load_command(["keys", "list"]),
    "cloud.fleet.cli.program": lambda: load(["list"]),
    "edge_agent.commands.main": lambda: edge_main(["check"]),
    "provisioning.commands": lambda: provisioning_main(["ca", "list", "--dir", "absent"]),
    "wire.process.type_info": lambda: simulators_main(
        ["fleet", "--cameras", "1", "--out", "x"]
    ),  # which imports it when it starts
}


@pytest.mark.parametrize("module", PROGRAMS)
def test_a_program_builds_type_information_before_its_command_runs(monkeypatch, module):
    def report():
        raise BuildingTypeInfoError

    monkeypatch.setattr(importlib.import_module(module), "build_type_info", report)
    with pytest.raises(BuildingTypeInfoError):
        PROGRAMS[module]()
