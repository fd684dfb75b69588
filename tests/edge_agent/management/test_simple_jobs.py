"""Jobs that restart the agent, send a diagnostic report, and renew the certificate."""

import gzip
from datetime import UTC, datetime
from types import SimpleNamespace

import msgspec

from edge_agent.management import simple_jobs
from edge_agent.settings.services import StatusSettings


def test_a_restart_succeeds_when_the_next_process_reports_it(harness):
    assert harness.run_job("job-1", {"operation": "restart"}, seconds=3)[0] == "IN_PROGRESS"
    assert harness.restarts == ["boot-1"]
    harness.boot = "boot-2"
    harness.start()
    harness.step()
    harness.step()
    assert harness.service.outcome("job-1") == ("SUCCEEDED", {"boot": "boot-2"})


def test_a_diagnostic_report_contains_no_secret_and_no_image(harness, file_server):
    harness.own = msgspec.structs.replace(
        harness.own, status=StatusSettings(token_file="/run/token")
    )
    harness.start()
    harness.tail.lines.extend(
        [
            '{"event":"capture.failed","source":"rtsp://cam:pa55word@10.0.0.9/live"}',
            '{"event":"odd","payload":"' + "iVBORw0KGgo" + "A" * 40 + '"}',
        ]
    )
    status, details = harness.run_job(
        "job-1", {"operation": "diagnose", "url": f"{file_server.url}/bundle?X-Amz-Signature=1"}
    )
    assert status == "SUCCEEDED"
    (content,) = file_server.put.values()
    assert details == {"bytes": str(len(content))}
    text = gzip.decompress(content).decode()
    bundle = msgspec.json.decode(text)
    assert "pa55word" not in text
    assert "iVBORw0KGgo" not in text
    assert "BEGIN PUBLIC KEY" not in text
    assert bundle["settings"]["interval_s"] == 30
    assert bundle["log"][0]["event"] == "capture.failed"
    assert bundle["status"]["capture"] == "streaming"


def test_a_renewal_succeeds_when_the_new_certificate_is_in_use(harness, monkeypatch):
    serials = ["aa"]
    identity = SimpleNamespace(expires_at=lambda: datetime(2026, 12, 21, tzinfo=UTC))
    monkeypatch.setattr(simple_jobs, "certificate_serial", lambda context: serials[-1])
    monkeypatch.setattr(
        "edge_agent.management.job_processor.certificate_serial", lambda context: serials[-1]
    )
    monkeypatch.setattr(simple_jobs, "renew", lambda folder, clock: serials.append("bb"))
    object.__setattr__(harness.processor._context, "identity", identity)
    status, details = harness.run_job("job-1", {"operation": "renew"}, seconds=4)
    assert (status, details) == ("SUCCEEDED", {"serial": "bb", "until": "2026-12-21T00:00Z"})
    assert harness.service.link.renewals == 1
