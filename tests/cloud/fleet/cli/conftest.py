"""The fleet's commands on a database of four cameras."""

import argparse
import json
from pathlib import Path

import pytest

from cloud.database import connect, device_status, writing
from cloud.fleet.cli import commands
from tests.cloud.databases import new_database

CAMERAS = {"cam-1": "KX-01", "cam-2": "KX-01", "cam-3": "KX-01", "b": "LB-01"}


@pytest.fixture
def url(tmp_path):
    """The address of a database with our tables; no command of the fleet makes one."""
    return new_database(tmp_path, "fleet.db")


@pytest.fixture(scope="session")
def registered_fleet(tmp_path_factory):
    """The database file of `fleet`, filled by the commands once."""
    folder = tmp_path_factory.mktemp("fleet")
    url = new_database(folder, "fleet.db")
    for name, location in CAMERAS.items():
        assert run_on(url, "register", name, "--location", location) == 0
    assert run_on(url, "group", "add", "canary", "cam-1") == 0
    return (folder / "fleet.db").read_bytes()


@pytest.fixture
def fleet(url, registered_fleet):
    """Three cameras at King's Cross, one of them a canary, and one at London Bridge."""
    engine = connect(url)
    Path(engine.url.database).write_bytes(registered_fleet)
    insert_running_detector(engine, "d-2")
    yield engine
    engine.dispose()


def insert_running_detector(engine, detector):
    """Some camera runs this detector, so that it can be rolled out without a package."""
    heartbeat = json.dumps({"versions": {"detector": detector}})
    with writing(engine) as connection:
        values = {"location": "LB-01", "device": "other", "heartbeat": heartbeat}
        connection.execute(device_status.insert().values(**values))


def run_on(url, *words):
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    return commands.run(parser.parse_args([*map(str, words), "--database", url]))


@pytest.fixture
def run_command(url, capsys):
    def run(*words):
        status = run_on(url, *words)
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    return run
