import pytest

from wire.__main__ import main


@pytest.fixture
def written(tmp_path):
    assert main(["write", "--into", str(tmp_path / "wire")]) == 0
    return tmp_path / "wire"


def test_the_check_finds_a_stale_document(tmp_path, capsys):
    into = ["--into", str(tmp_path)]
    assert main(["write", *into]) == 0
    assert main(["check", *into]) == 0
    (tmp_path / "asyncapi.json").write_text("{}")
    assert main(["check", *into]) == 1
    assert "asyncapi.json differs from the code" in capsys.readouterr().out


def test_the_check_names_every_missing_document_and_writes_none(tmp_path, capsys):
    assert main(["check", "--into", str(tmp_path / "none")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 9
    assert all(line.endswith("differs from the code: run `python -m wire write`") for line in lines)
    assert not (tmp_path / "none").exists()


def test_only_stale_documents_are_written_again(written, capsys):
    (written / "job.schema.json").unlink()
    capsys.readouterr()
    assert main(["write", "--into", str(written)]) == 0
    assert capsys.readouterr().out == f"wrote {written / 'job.schema.json'}\n"


def test_other_files_of_the_folder_stay(written):
    (written / "notes.txt").write_text("mine")
    assert main(["check", "--into", str(written)]) == 0
    assert (written / "notes.txt").read_text() == "mine"


def test_an_unknown_action_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["publish"])
    assert ended.value.code == 2
    assert "give write, check" in capsys.readouterr().err
