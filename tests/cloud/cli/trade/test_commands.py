"""`trade read` prints a request of another dialect with the names of OpenRTB 2.6."""

import json
from pathlib import Path

from cloud.__main__ import main


def test_a_request_of_another_dialect_is_printed_with_the_names_of_the_standard(
    tmp_path: Path, capsys
) -> None:
    file = tmp_path / "request.json"
    file.write_text('{"dooh": {"venuetypeid": 10503}, "imp": [{"dt": 1647010095}]}')
    assert main(["trade", "read", str(file)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "dooh": {"venuetype": ["10502"], "venuetypetax": 5}, "imp": [{"dt": 1647010095000}],
    }  # fmt: skip
    file.write_text("{")
    assert main(["trade", "read", str(file)]) == 1
    assert "request.json is no JSON" in capsys.readouterr().err
