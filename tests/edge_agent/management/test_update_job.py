"""A job installs a release of the program only with a valid signature."""

import msgspec


def test_a_release_without_a_valid_signature_is_not_downloaded(harness, file_server, tmp_path):
    fleet = msgspec.structs.replace(harness.own.fleet, slots=str(tmp_path / "program"))
    harness.own = msgspec.structs.replace(harness.own, fleet=fleet)
    harness.start()
    document = {
        "operation": "update",
        "release": "{}",
        "signature": "AA==",
        "url": f"{file_server.url}/x",
    }
    status, details = harness.run_job("job-1", document)
    assert (status, "signed by none" in details["reason"]) == ("REJECTED", True)
    assert not (tmp_path / "program").exists()
