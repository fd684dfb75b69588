import json
import logging
import sys
import threading

import pytest

from edge_agent.logs import JsonLogFormatter


@pytest.fixture
def log():
    """Logs one record and returns its line, decoded."""
    lines = []

    class Lines(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    logger = logging.getLogger("tests.json_lines")
    handler = Lines()
    handler.setFormatter(JsonLogFormatter())
    logger.addHandler(handler)

    def write(event, *arguments, **options):
        logger.warning(event, *arguments, **options)
        assert "\n" not in lines[-1]
        return json.loads(lines[-1])

    yield write
    logger.removeHandler(handler)


def test_a_line_holds_time_level_event_and_the_fields_of_the_event(log):
    line = log("outbox.drained", extra={"reports": 3, "device": "kx-01-cam-1"})
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "warning", "event": "outbox.drained", "reports": 3, "device": "kx-01-cam-1"
    }  # fmt: skip


def test_arguments_are_part_of_the_event(log):
    assert log("alert.%s", "raised")["event"] == "alert.raised"


def test_line_breaks_and_control_characters_stay_in_their_field(log):
    text = 'two\nlines\r\x1b[31m "quoted" \ud800'
    assert log("x", extra={"reason": text})["reason"] == text


def test_credentials_are_hidden_in_the_event_the_fields_and_their_names(log):
    address = "rtsp://admin:s3cret@cam.example/live"
    line = log("opening %s", address, extra={"source": address, "all": [{address: (address, 1)}]})
    assert "s3cret" not in json.dumps(line)
    assert line["source"] == "rtsp://cam.example:554"
    assert line["all"] == [{"rtsp://cam.example:554": ["rtsp://cam.example:554", 1]}]


def test_objects_are_written_as_text_without_credentials(log):
    class Source:
        def __str__(self):
            return "at rtsp://admin:s3cret@cam.example/live"

    assert log("x", extra={"source": Source()})["source"] == "at rtsp://cam.example:554"


def test_a_trace_is_part_of_the_line_and_hides_addresses(log):
    try:
        raise OSError("cannot open rtsp://admin:s3cret@cam.example/live")
    except OSError:
        line = log("capture.failed", exc_info=sys.exc_info())
    assert line["trace"].startswith("Traceback")
    assert line["trace"].endswith("OSError: cannot open rtsp://cam.example:554")


def test_only_other_threads_than_the_main_one_are_named(log):
    lines = [log("x")]
    thread = threading.Thread(target=lambda: lines.append(log("x")), name="kx-01-cam-1")
    thread.start()
    thread.join()
    assert ["thread" in lines[0], lines[1]["thread"]] == [False, "kx-01-cam-1"]
