"""The type information of msgspec is built before threads decode: otherwise they can crash."""

import subprocess
import sys

import msgspec
import pytest

from wire.process.type_info import build_type_info

Amount = int


class Order(msgspec.Struct):
    amount: "Amount"


class Urgent(Order):
    before: "Amount" = 0


class Unresolved(msgspec.Struct):
    amount: "DefinedNowhere"  # noqa: F821 - what the test is about


FIRST_DECODING_IN_THREADS = """
import sys, threading
from edge_agent.settings.loading import convert_settings
from wire.process.type_info import build_type_info

sys.setswitchinterval(1e-6)
build_type_info()
barrier = threading.Barrier(8)

def convert():
    barrier.wait()
    assert convert_settings({"capture": {"analysed_fps": 3.0}}).capture.analysed_fps == 3.0

threads = [threading.Thread(target=convert) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize("struct", [Order, Urgent])
def test_decoding_evaluates_no_annotation_afterwards(monkeypatch, struct):
    build_type_info()
    monkeypatch.delitem(globals(), "Amount")
    assert msgspec.json.decode(b'{"amount": 3}', type=struct).amount == 3


def test_a_class_that_cannot_be_decoded_is_passed_over():
    with pytest.raises(NameError):
        msgspec.json.Decoder(Unresolved)
    build_type_info()


def test_threads_that_decode_first_at_the_same_time_do_not_crash():
    for _ in range(10):
        ended = subprocess.run(
            [sys.executable, "-c", FIRST_DECODING_IN_THREADS],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (ended.returncode, ended.stderr) == (0, "")
