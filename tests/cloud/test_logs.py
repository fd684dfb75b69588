"""A log record is one line of JSON without credentials."""

import json
import logging
import sys

import pytest

from cloud.logs import JsonLines, write_json_lines


def line_of(message: str, *arguments: object, **extra: object) -> str:
    record = logging.makeLogRecord(
        {"name": "cloud.api", "levelno": logging.INFO, "levelname": "INFO", "created": 0.25}
        | {"msg": message, "args": arguments} | extra
    )  # fmt: skip
    return JsonLines().format(record)


def test_a_record_has_its_time_level_logger_event_and_fields() -> None:
    assert json.loads(line_of("api.%s", "started", port=8080, names=["a"])) == {
        "at": "1970-01-01T00:00:00.250+00:00",
        "level": "info",
        "from": "cloud.api",
        "event": "api.started",
        "port": 8080,
        "names": ["a"],
    }


def test_a_line_break_in_a_value_does_not_break_the_line() -> None:
    line = line_of("a\nb", reason='c\r\n"d"\x1b[31m')
    assert line.splitlines() == [line]
    assert json.loads(line)["reason"] == 'c\r\n"d"\x1b[31m'


@pytest.mark.parametrize(
    "value",
    [
        "mqtts://ann:s3cret@broker:8883/x",
        ["https://hook.example/T0K/s3cret?key=s3cret"],
        {"url": "redis://:s3cret@cache/0"},
        ValueError("postgresql://ann:s3cret@db/onlooker is away"),
    ],
)
def test_the_credentials_of_an_address_are_not_logged(value: object) -> None:
    assert "s3cret" not in line_of("lost", where=value)


def test_an_exception_is_in_the_line_without_credentials() -> None:
    try:
        raise OSError("no route to mqtts://ann:s3cret@broker:8883")
    except OSError:
        line = line_of("failed", exc_info=sys.exc_info())
    assert "OSError: no route to mqtts://" in json.loads(line)["exception"]
    assert "s3cret" not in line


def test_a_value_that_is_no_json_is_written_as_its_text() -> None:
    assert json.loads(line_of("odd", value=object, left={1}))["value"] == "<class 'object'>"


def test_lines_go_to_standard_error(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.RootLogger(logging.WARNING)
    monkeypatch.setattr(logging, "root", root)
    write_json_lines()
    root.info("stream.started", extra={"cameras": 3})
    assert json.loads(capsys.readouterr().err)["cameras"] == 3
