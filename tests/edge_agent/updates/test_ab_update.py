"""Versions of the program are unpacked completely, tested by a run, and switched by a rename."""

import io
import tarfile

import pytest

from edge_agent.updates import ab_update
from edge_agent.updates.ab_update import ProgramSlotError, ProgramSlots

HEALTHY = f'#!/bin/sh\necho healthy > "${ab_update.HEALTH_FILE_VARIABLE}"\nexec sleep 60\n'
SILENT = "#!/bin/sh\nexec sleep 60\n"
ENDS = "#!/bin/sh\nexit 3\n"


def archive(files, *, mode=0o755):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.mode, member.size = mode, len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


@pytest.fixture
def program(tmp_path):
    home = tmp_path / "slots" / "1.0"
    home.mkdir(parents=True)
    (tmp_path / "current").symlink_to(home)
    return ProgramSlots(tmp_path)


def test_a_version_that_passes_its_self_check_becomes_current_and_the_old_one_stays(
    program, tmp_path
):
    slot = program.unpack("1.1", archive({"start": HEALTHY}))
    assert program.try_slot(slot, ["run"])
    assert (program.current.name, program.previous.name) == ("1.1", "1.0")
    assert program.take_failure_reason() == ""


def test_only_two_versions_are_kept(program, tmp_path):
    for version in ("1.1", "1.2"):
        assert program.try_slot(program.unpack(version, archive({"start": HEALTHY})), [])
    assert sorted(home.name for home in (tmp_path / "slots").iterdir()) == ["1.1", "1.2"]


@pytest.mark.parametrize(
    ("script", "trouble"),
    [(ENDS, "the new program ended (3)"), (SILENT, "did not report healthy within 1 s")],
)
def test_a_version_that_fails_its_self_check_changes_nothing(program, script, trouble):
    slot = program.unpack("1.1", archive({"start": script}))
    assert not program.try_slot(slot, [], patience_s=1.0)
    assert (program.current.name, program.previous) == ("1.0", None)
    assert trouble in program.take_failure_reason()
    assert program.take_failure_reason() == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not an archive", "does not unpack"),
        (archive({"start": HEALTHY})[:60], "does not unpack"),
        (archive({"../start": HEALTHY}), "does not unpack"),
        (archive({"/etc/start": HEALTHY}), "no program start"),
        (archive({"README": "x"}), "no program start"),
        (archive({"start": HEALTHY}, mode=0o644), "no program start"),
    ],
    ids=range(6),
)
def test_an_invalid_release_leaves_no_slot(program, tmp_path, content, reason):
    with pytest.raises(ProgramSlotError, match=reason):
        program.unpack("1.1", content)
    assert [home.name for home in (tmp_path / "slots").iterdir()] == ["1.0"]
    assert not (tmp_path.parent / "start").exists()


def test_a_release_that_unpacks_to_too_many_bytes_is_rejected(program, monkeypatch):
    monkeypatch.setattr(ab_update, "LARGEST_UNPACKED_BYTES", 10)
    with pytest.raises(ProgramSlotError, match="unpacks to over 10 bytes"):
        program.unpack("1.1", archive({"start": HEALTHY}))


def test_without_slots_there_is_nothing_to_unpack_into(tmp_path):
    with pytest.raises(ProgramSlotError, match="no current slot"):
        ProgramSlots(tmp_path).unpack("1.1", archive({"start": HEALTHY}))
