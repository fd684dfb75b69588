"""`database` prints its answer and nothing of Alembic's own messages."""

import subprocess
import sys

import pytest

from cloud.database import connect, create


@pytest.mark.parametrize("action", ["current", "check", "upgrade"])
def test_no_log_line_precedes_the_answer(tmp_path, action):
    url = f"sqlite:///{tmp_path / 'onlooker.db'}"
    engine = connect(url)
    create(engine)
    engine.dispose()
    command = [sys.executable, "-m", "cloud", "database", action, "--database", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
