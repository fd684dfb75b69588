"""The fleet's commands on a database of four cameras."""

import argparse
import json

import pytest

from cloud.database import connect, create, device_status, writing
from cloud.fleet.cli import commands


@pytest.fixture
def url(tmp_path):
    """The address of a database with our tables; no command of the fleet makes one."""
    found = f"sqlite:///{tmp_path}/fleet.db"
    engine = connect(found)
    create(engine)
    engine.dispose()
    return found


@pytest.fixture
def fleet(url, run_command):
    """Three cameras at King's Cross, one of them a canary, and one at London Bridge."""
    for name, place in (("cam-1", "KX-01"), ("cam-2", "KX-01"), ("cam-3", "KX-01"), ("b", "LB-01")):
        assert run_command("register", name, "--location", place)[0] == 0
    assert run_command("group", "add", "canary", "cam-1")[0] == 0
    engine = connect(url)
    insert_running_detector(engine, "d-2")
    yield engine
    engine.dispose()


def insert_running_detector(engine, detector):
    """Some camera runs this detector, so that it can be rolled out without a package."""
    heartbeat = json.dumps({"versions": {"detector": detector}})
    with writing(engine) as connection:
        values = {"location": "LB-01", "device": "other", "heartbeat": heartbeat}
        connection.execute(device_status.insert().values(**values))


@pytest.fixture
def run_command(url, capsys):
    def run(*words):
        parser = argparse.ArgumentParser()
        commands.add_arguments(parser)
        status = commands.run(parser.parse_args([*map(str, words), "--database", url]))
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    return run
