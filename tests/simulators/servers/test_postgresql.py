"""The PostgreSQL of tests: which installation is used, and how a failure is reported."""

from types import SimpleNamespace

import pytest

from simulators.servers import postgresql
from simulators.servers.postgresql import Postgresql, PostgresqlError, find_programs


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install versions as Debian does; there is no `initdb` in the PATH."""
    monkeypatch.setattr(postgresql, "INSTALLED", tmp_path)
    monkeypatch.setattr(postgresql.shutil, "which", lambda name: None)

    def install(*versions):
        for version in versions:
            folder = tmp_path / version / "bin"
            folder.mkdir(parents=True)
            (folder / "initdb").write_text("")
        return tmp_path

    return install


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        (("15",), "15"),
        (("13", "15", "14"), "15"),
        (("9.6", "15"), "15"),
        (("9.6", "9.10"), "9.10"),
        (("17beta1", "16"), "16"),
    ],
)
def test_the_newest_version_is_used(install, versions, newest):
    folder = install(*versions)
    assert find_programs() == folder / newest / "bin"


def test_a_program_in_the_path_is_used_if_debians_folder_is_empty(install, tmp_path, monkeypatch):
    (tmp_path / "brew").mkdir()
    program = tmp_path / "brew" / "initdb"
    program.write_text("")
    monkeypatch.setattr(postgresql.shutil, "which", lambda name: str(program))
    assert find_programs() == tmp_path / "brew"


def test_a_missing_installation_is_named_with_the_command_that_installs_it(install):
    with pytest.raises(PostgresqlError, match=r"PostgreSQL was not found: install it .*apt-get"):
        find_programs()


def test_the_address_has_no_password_and_is_on_loopback(tmp_path):
    server = Postgresql(tmp_path / "cluster")
    assert server.url == f"postgresql://onlooker@127.0.0.1:{server.port}/postgres"


@pytest.fixture
def commands(install, monkeypatch):
    """Record the programs that are started; the server exits at once and is never ready."""
    install("15")
    started = []

    def popen(command, **_):
        started.append(command)
        return SimpleNamespace(poll=lambda: 1)

    def run(command, **_):
        started.append(command)
        return SimpleNamespace(returncode=2)

    monkeypatch.setattr(postgresql, "subprocess", SimpleNamespace(
        Popen=popen, run=run, DEVNULL=-3))  # fmt: skip
    monkeypatch.setattr(postgresql.os, "geteuid", lambda: 1_000)
    return started


@pytest.mark.parametrize(("durable", "options"), [(False, ["fsync=off"]), (True, [])])
def test_a_cluster_that_does_not_start_is_reported(tmp_path, commands, durable, options):
    server = Postgresql(tmp_path / "cluster", durable=durable)
    with pytest.raises(PostgresqlError, match=f"did not start in {tmp_path / 'cluster'}"):
        server.start()
    initdb, postgres, ready = commands
    assert initdb[0].endswith("15/bin/initdb")
    assert [word for word in postgres if word.startswith("fsync")] == options
    assert postgres[postgres.index("-h") + 1] == "127.0.0.1"
    assert ready[0].endswith("pg_isready")


def test_an_existing_folder_is_not_overwritten(tmp_path, commands):
    (tmp_path / "cluster").mkdir()
    with pytest.raises(FileExistsError):
        Postgresql(tmp_path / "cluster").start()
    assert commands == []
