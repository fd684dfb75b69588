import json

import pytest

from edge_agent.capture.camera import CaptureError
from edge_agent.check.findings import (
    Finding,
    Level,
    failure,
    format_json,
    format_lines,
    ok,
    run_check,
    warning,
    worst_level,
)

OK = Finding("disk", "", ok("12 GiB free"))
WARNING = Finding("clock", "", warning("not synchronized", "start NTP"))
FAILURE = Finding("broker", "cam-1", failure("no answer", "check the port"))


@pytest.mark.parametrize(
    ("findings", "level", "status"),
    [
        ([], Level.OK, 0),
        ([OK], Level.OK, 0),
        ([WARNING, OK], Level.WARNING, 1),
        ([OK, FAILURE, WARNING], Level.FAILURE, 2),
    ],
)
def test_the_worst_level_is_the_exit_status(findings, level, status):
    assert worst_level(findings) is level
    assert int(worst_level(findings)) == status


def test_lines_are_aligned_and_end_with_the_remedy():
    assert format_lines([OK, WARNING, FAILURE]) == [
        "disk   ok    12 GiB free",
        "clock  WARN  not synchronized: start NTP",
        "broker FAIL  no answer: check the port",
    ]


def test_several_devices_are_named_in_their_lines():
    other = Finding("broker", "cam-10", ok("accepts"))
    assert format_lines([OK, FAILURE, other]) == [
        "disk          ok    12 GiB free",
        "broker cam-1  FAIL  no answer: check the port",
        "broker cam-10 ok    accepts",
    ]


def test_without_findings_there_is_no_line():
    assert format_lines([]) == []
    assert json.loads(format_json([])) == {"level": "ok", "checks": []}


def test_json_has_null_where_there_is_no_device_or_remedy():
    assert json.loads(format_json([OK, FAILURE])) == {
        "level": "fail",
        "checks": [
            {"check": "disk", "device": None, "level": "ok", "found": "12 GiB free",
             "remedy": None},
            {"check": "broker", "device": "cam-1", "level": "fail", "found": "no answer",
             "remedy": "check the port"},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    "error",
    [CaptureError("cannot open rtsp://u:s3cret@cam/x"), OSError("at rtsp://u:s3cret@cam/x")],
)
def test_an_error_that_would_stop_a_run_is_a_failure_without_credentials(error):
    def check():
        raise error

    result = run_check(check)
    assert result.level is Level.FAILURE
    assert "rtsp://cam:554" in result.found
    assert "s3cret" not in result.found


def test_an_error_of_the_program_itself_is_not_hidden():
    def check():
        raise TypeError("a fault of this program")

    with pytest.raises(TypeError):
        run_check(check)


def test_the_result_of_a_check_is_returned():
    assert run_check(lambda: ok("fine")) == ok("fine")
