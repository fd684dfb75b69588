"""Say of each thing that a run needs whether it is in order; nothing is written or renamed.

The exit status is 0 when all is in order, 1 when there are warnings only, 2 when a run would not
work.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from edge_agent.cameras_config import CameraConfig
from edge_agent.check import camera, certificates, cloud, machine
from edge_agent.check.certificates import ValidityThresholds
from edge_agent.check.findings import (
    CheckResult,
    Finding,
    format_json,
    format_lines,
    ok,
    run_check,
    worst_level,
)
from edge_agent.check.mqtt_session import check_session
from edge_agent.commands.camera_options import create_camera, read_broker, read_cameras
from edge_agent.outbox.lock import is_in_use
from edge_agent.perception.shared_networks import SharedNetworks
from edge_agent.wall_clock import is_synchronized
from wire.command_line import address_argument

Checks = dict[str, Callable[[], CheckResult]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `check` has besides the options of `run`."""
    add = parser.add_argument
    add("--json", action="store_true", help="print one JSON object instead of lines")
    add("--cloud", type=address_argument, metavar="URL", help="API to ask for the location")
    add("--cloud-key-file", type=Path, metavar="FILE", help="file that holds the key to show it")
    add("--warn-days", type=float, metavar="DAYS",
        help="warn below so many days left on a certificate (default 30)")  # fmt: skip
    add("--fail-days", type=float, default=0.0, metavar="DAYS", help="fail below so many (0)")


def run(asked: argparse.Namespace) -> int:
    """Check everything, print it, and return the exit status."""
    findings = list(_findings(asked))
    sys.stdout.write(
        (format_json(findings) if asked.json else "\n".join(format_lines(findings))) + "\n"
    )
    return int(worst_level(findings))


def _findings(asked: argparse.Namespace) -> Iterator[Finding]:
    now = datetime.now(UTC)
    models, answer, asked_at = SharedNetworks(), None, now
    trouble: CheckResult | None = None
    if asked.cloud:
        try:
            answer = cloud.fetch_locations(asked.cloud, asked.cloud_key_file, asked.ca)
            asked_at = datetime.now(UTC)
        except cloud.CloudError as error:
            trouble = cloud.report_unreachable(error)
    for mount in read_cameras(asked, may_be_unnamed=True):
        checks = _of_camera(asked, mount, models, now)
        if answer is not None:
            checks["location"] = partial(cloud.check_location, answer, mount.address.location)
        for name, check in checks.items():
            yield Finding(name, mount.address.device, run_check(check))
    if trouble is not None:
        yield Finding("cloud", "", trouble)
    yield Finding(
        "clock",
        "",
        machine.check_clock(
            asked_at, is_kept=is_synchronized(), reference_at=answer.at if answer else None
        ),
    )


def _of_camera(
    asked: argparse.Namespace, mount: CameraConfig, models: SharedNetworks, now: datetime
) -> Checks:
    settings = mount.settings
    thresholds = ValidityThresholds(asked.warn_days, asked.fail_days)
    checks: Checks = {
        "settings": lambda: ok(f"digest {settings.digest}"),
        "camera": lambda: camera.check_first_frame(create_camera(asked, mount), settings.capture),
        "models": lambda: machine.check_models(settings, models),
        "outbox": lambda: machine.check_outbox(mount.outbox_path),
        "disk": lambda: machine.check_disk(mount.outbox_path.parent, settings.outbox.budget_bytes),
        "broker": lambda: _session(asked, mount),
        "certificate": lambda: certificates.check_device_certificate(
            read_broker(asked, mount), now, mount.address, thresholds
        ),
        "authority": lambda: certificates.check_authority_certificates(
            read_broker(asked, mount), now, thresholds
        ),
    }
    if mount.identity:
        folder = mount.identity
        checks["identity"] = lambda: machine.check_writable_folder(folder, "renewed certificates")
    if settings.recorder.on:
        recordings = Path(settings.recorder.folder)
        checks["recorder"] = lambda: machine.check_writable_folder(recordings, "recordings")
    return checks


def _session(asked: argparse.Namespace, mount: CameraConfig) -> CheckResult:
    broker = read_broker(asked, mount)
    if is_in_use(mount.outbox_path):
        return ok(
            f"{broker!r} not tried: the agent of {mount.address.device} runs, and a second session "
            "of its name would end its own; look at its status page or log"
        )
    return check_session(broker, mount.address, is_version_5=mount.settings.link.client == "aws")
