"""The demonstration alters one digit of a file of receipts, and expects that it is found."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509

from simulators.demo.running import DemoError
from simulators.demo.sale import receipts
from simulators.demo.sale.receipts import ReceiptKeys, find_alteration
from simulators.servers.process_group import ProcessGroupError

KEYS = ReceiptKeys(*map(Path, ("device.crt", "device.key", "root.crt", "log.pem")), "demo+1")
CONTENT = b"onlooker.receipts@v1\n" + b"11:00 11:01\n" * 4


def open_demo(folder, error):
    def run(name, words):
        if error:
            log.write_text("file: the file was changed\nand 3 faults more\n")
            raise ProcessGroupError("verify exited with code 1")
        return "verified: nothing is wrong"

    log = folder / "verify.log"
    processes = SimpleNamespace(run=run, log=lambda name: log)
    return SimpleNamespace(processes=processes, folder=folder)


def test_one_digit_is_changed_and_the_fault_is_returned(tmp_path):
    file = tmp_path / "tea.receipts"
    file.write_bytes(CONTENT)
    assert find_alteration(open_demo(tmp_path, True), KEYS, file) == "file: the file was changed"
    altered = (tmp_path / "tea.altered").read_bytes()
    changed = [(a, b) for a, b in zip(CONTENT, altered, strict=True) if a != b]
    assert changed == [(ord("1"), ord("2"))]
    assert file.read_bytes() == CONTENT


def test_an_alteration_that_is_not_found_is_a_failure(tmp_path):
    file = tmp_path / "tea.receipts"
    file.write_bytes(CONTENT)
    with pytest.raises(DemoError, match="the verification found nothing"):
        find_alteration(open_demo(tmp_path, False), KEYS, file)


def test_the_key_of_the_camera_is_for_its_owner_only(tmp_path):
    key, request = tmp_path / "cam.key", tmp_path / "cam.csr"
    receipts._write_key_and_request(key, request, "wa-01-cam-1")
    assert key.stat().st_mode & 0o777 == 0o600
    subject = x509.load_pem_x509_csr(request.read_bytes()).subject
    assert subject.rfc4514_string() == "CN=wa-01-cam-1"
