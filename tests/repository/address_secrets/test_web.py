"""Programs that call a web service show no secret of its address."""

import json

import msgspec
import pytest

from cloud.__main__ import main as cloud
from cloud.alerting.senders import Senders
from cloud.alerting.targets import TargetError, Webhook, parse_target
from edge_agent.__main__ import main as edge
from edge_agent.management.http_transfer import TransferError, download, upload
from edge_agent.recorder.segments import ClipError
from edge_agent.recorder.segments import upload_clip as send_clip
from models.registry import FetchError, read_manifest
from models.registry import fetch_network as fetch_model
from tests.cloud.databases import new_database
from tests.repository.address_secrets.shapes import WEB, WEB_REFUSED


@pytest.mark.parametrize("shape", WEB)
def test_a_failed_web_request_shows_no_secret(shape, tmp_path, at, check_output):
    url = shape.format(at=at)
    (tmp_path / "clip").write_bytes(b"x")
    entry = next(iter(read_manifest().values()))
    attempts = (
        lambda: download(url, hosts=["127.0.0.1"], limit_bytes=9),
        lambda: download(url, hosts=[], limit_bytes=9),
        lambda: upload(url, b"x", hosts=["127.0.0.1"]),
        lambda: send_clip(tmp_path / "clip", url),
        lambda: fetch_model(msgspec.structs.replace(entry, url=url), tmp_path),
    )
    for attempt in attempts:
        with pytest.raises((TransferError, ClipError, FetchError)) as caught:
            attempt()
        check_output(caught.value)
    database = f"sqlite:///{tmp_path}/x.db"
    words = ["price", "KX-01", "2026-11-23T08:00", "--url", url, "--database", database]
    assert cloud(words) == 1
    edge(["check", "--source", "/none.mp4", "--cloud", url, "--outbox", f"{tmp_path}/o.sqlite3"])
    check_output()


@pytest.mark.parametrize("shape", WEB)
def test_a_webhook_shows_no_secret(shape, tmp_path, at, check_output):
    url = shape.format(at=at)
    recipients = tmp_path / "recipients.yaml"
    recipients.write_text(f"recipients:\n  - name: ops\n    to: {json.dumps(url)}\n")
    database = new_database(tmp_path)
    cloud(["alerts", "run", "--once", "--recipients", str(recipients), "--database", database])
    database = new_database(tmp_path)
    if shape in WEB_REFUSED:
        with pytest.raises(TargetError) as refused:
            parse_target(url)
        check_output(refused.value)
        return
    target = parse_target(url)
    assert isinstance(target, Webhook)
    check_output(target, repr(target), Senders())
