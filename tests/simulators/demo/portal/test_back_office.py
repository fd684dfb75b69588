"""The options of mails and of the lake are those of the programs that they are given to."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from simulators.demo.portal import back_office
from tests.provisioning.deployment_files import require_program


@pytest.fixture
def demo(tmp_path: Path) -> SimpleNamespace:
    started = []
    processes = SimpleNamespace(
        start=lambda name, words: started.append(words),
        run=lambda name, words: started.append(words),
    )
    return SimpleNamespace(
        folder=tmp_path, api="http://127.0.0.1:8080", database=f"sqlite:///{tmp_path}/onlooker.db",
        processes=processes, started=started,
    )  # fmt: skip


def test_programs_accept_their_options(demo, monkeypatch):
    with back_office.collecting_mails(demo) as mails:
        back_office.start_notifications(demo, mails)
        require_program(["serve", *mails, *back_office.serve_lake(demo)], monkeypatch)
    back_office.run_nightly(demo)
    assert [words[:2] for words in demo.started] == [
        ["cloud", "notifications"], ["cloud", "nightly"],
    ]  # fmt: skip
    for _, *words in demo.started:
        require_program(words, monkeypatch)
