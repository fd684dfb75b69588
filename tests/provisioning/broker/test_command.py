"""The `broker` command: its settings, and arguments that it refuses before it starts."""

import os
import pwd

from provisioning.__main__ import main as provisioning_main


def test_another_account_is_refused_without_root(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: pwd.getpwnam("nobody").pw_uid)
    words = ["broker", "--dir", str(tmp_path / "broker"), "--user", "mosquitto", "--no-auth-plugin"]
    assert provisioning_main(words) == 1
    error = capsys.readouterr().err
    assert "--user mosquitto: only root can run Mosquitto as another account" in error
    assert not (tmp_path / "broker").exists()
