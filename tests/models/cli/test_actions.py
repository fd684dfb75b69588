"""The commands of `python -m models`: what they list, store, refuse and leave unchanged."""

import argparse
import sys
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from edge_agent.perception.model_cards import WEIGHTS, read_card
from models.cli import actions, folders
from models.evaluate.errors import CommandError
from models.registry import FetchError
from models.train.recipes import RECIPES

CARD = "onlooker-face.json"


def options(**values):
    return argparse.Namespace(**values)


@pytest.fixture
def research(tmp_path, monkeypatch):
    """An empty folder instead of that of the research networks."""
    folder = tmp_path / "research"
    folder.mkdir()
    monkeypatch.setattr(folders, "RESEARCH", folder)
    monkeypatch.setattr(folders, "FOLDERS", (folder,))
    return folder


def test_the_list_has_the_networks_that_are_present_and_those_that_can_be_fetched(research):
    (research / CARD).write_bytes((WEIGHTS / CARD).read_bytes())
    rows = {row["name"]: row for row in actions.list_networks(options())}
    assert rows["onlooker-face"]["present"] is True
    assert rows["onlooker-face"]["version"] == read_card(WEIGHTS / CARD).version
    assert rows["yunet-2023mar"]["present"] is False
    assert rows["yunet-2023mar"]["allows"] == "commercial"


def test_a_fetched_network_is_listed_once(research):
    card = msgspec.structs.replace(read_card(WEIGHTS / CARD), name="yunet-2023mar")
    (research / "yunet-2023mar.json").write_bytes(msgspec.json.encode(card))
    rows = [row for row in actions.list_networks(options()) if row["name"] == "yunet-2023mar"]
    assert [row["present"] for row in rows] == [True]


def test_a_local_copy_with_another_checksum_is_refused_and_nothing_is_stored(tmp_path):
    source = tmp_path / "yunet.onnx"
    source.write_bytes(b"another file")
    with pytest.raises(FetchError, match="nothing was stored"):
        actions.fetch_network(options(name="yunet", source=source, to=tmp_path / "to"))
    assert not (tmp_path / "to").exists()


def test_an_unknown_network_is_refused(tmp_path):
    with pytest.raises(FetchError, match="expected one of"):
        actions.fetch_network(options(name="yunet-2033", source=None, to=tmp_path))


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "null", '{"detection": 1, "attention": []}', '{"detection": [{}]}'],
)
def test_a_file_without_figures_is_refused_with_the_command_that_writes_one(
    research, tmp_path, content
):
    figures = tmp_path / "figures.json"
    figures.write_text(content)
    with pytest.raises(CommandError, match="expected the JSON of: python -m models evaluate all"):
        actions.record_figures(options(figures=figures))


def test_a_missing_file_of_figures_is_refused(research, tmp_path):
    with pytest.raises(CommandError, match=r"none\.json that cannot be read as figures"):
        actions.record_figures(options(figures=tmp_path / "none.json"))


@pytest.mark.parametrize("kind", RECIPES)
def test_an_export_without_a_checkpoint_names_the_command_that_creates_it(tmp_path, kind):
    with pytest.raises(CommandError, match=f"create one with: python -m models train {kind}$"):
        actions.export(options(kind=kind, runs=tmp_path, to=None, version="1.0.0"))


class TrainCommands(SimpleNamespace):
    """Stands for `models.train.commands`, which cannot be imported without torch."""

    def train_network(self, kind, data, runs, steps):
        return RECIPES[kind].checkpoint(runs)

    def export_network(self, kind, runs, folder, version):
        return folder / f"{kind}-{version}.json"


@pytest.fixture
def train_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "models.train.commands", TrainCommands())


@pytest.mark.usefixtures("train_extra")
def test_training_reports_its_checkpoint(tmp_path):
    done = actions.train(options(kind="detection", data=Path("d"), runs=tmp_path, steps=5))
    assert done == {"checkpoint": str(tmp_path / "detector" / "last.pt")}


@pytest.mark.usefixtures("train_extra")
def test_a_research_network_is_exported_to_the_folder_of_research(tmp_path, research):
    for kind, folder in (("detection", WEIGHTS), ("emotion", research)):
        checkpoint = RECIPES[kind].checkpoint(tmp_path)
        checkpoint.parent.mkdir(parents=True)
        checkpoint.touch()
        done = actions.export(options(kind=kind, runs=tmp_path, to=None, version="2.0.0"))
        assert done == {"card": str(folder / f"{kind}-2.0.0.json")}
    done = actions.export(options(kind="emotion", runs=tmp_path, to=tmp_path, version="2.0.0"))
    assert done == {"card": str(tmp_path / "emotion-2.0.0.json")}


def test_without_torch_the_extra_to_install_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "models.train.commands", raising=False)
    with pytest.raises(CommandError, match=r"found no torch, .*onlooker\[train\]"):
        actions.train(options(kind="detection", data=tmp_path, runs=tmp_path, steps=None))


@pytest.mark.parametrize(
    ("done", "size", "shown"), [(50, 200, "\r 25 %"), (200, 200, "\r100 %"), (2048, 0, "\r2 KiB")]
)
def test_progress_is_a_percentage_or_without_a_size_the_amount(capsys, done, size, shown):
    actions._show_progress(done, size)
    assert capsys.readouterr().err == shown
