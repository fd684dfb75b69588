"""Check every prerequisite of a run; nothing is written or renamed.

The exit status is 0 when every check passes, 1 when there are only warnings, 2 when a run would
fail.
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
    """Add the options that `check` has besides those of `run`."""
    add = parser.add_argument
    add("--json", action="store_true", help="print one JSON object instead of lines")
    add("--cloud", type=address_argument, metavar="URL", help="cloud API to look the location up")
    add("--cloud-key-file", type=Path, metavar="FILE", help="file with the API key for --cloud")
    add("--warn-days", type=float, metavar="DAYS",
        help="warn when a certificate is valid for fewer days (default 30)")  # fmt: skip
    add(
        "--fail-days",
        type=float,
        default=0.0,
        metavar="DAYS",
        help="fail when it is valid for fewer days (default 0)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run and print all checks; return the exit status."""
    findings = list(_findings(arguments))
    sys.stdout.write(
        (format_json(findings) if arguments.json else "\n".join(format_lines(findings))) + "\n"
    )
    return int(worst_level(findings))


def _findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    now = datetime.now(UTC)
    models, cloud_locations, checked_at = SharedNetworks(), None, now
    cloud_problem: CheckResult | None = None
    if arguments.cloud:
        try:
            cloud_locations = cloud.fetch_locations(
                arguments.cloud, arguments.cloud_key_file, arguments.ca
            )
            checked_at = datetime.now(UTC)
        except cloud.CloudError as error:
            cloud_problem = cloud.report_unreachable(error)
    for config in read_cameras(arguments, may_be_unnamed=True):
        checks = _camera_checks(arguments, config, models, now)
        if cloud_locations is not None:
            checks["location"] = partial(
                cloud.check_location, cloud_locations, config.address.location
            )
        for name, check in checks.items():
            yield Finding(name, config.address.device, run_check(check))
    if cloud_problem is not None:
        yield Finding("cloud", "", cloud_problem)
    yield Finding(
        "clock",
        "",
        machine.check_clock(
            checked_at,
            is_synchronised=is_synchronized(),
            reference_at=cloud_locations.at if cloud_locations else None,
        ),
    )


def _camera_checks(
    arguments: argparse.Namespace, config: CameraConfig, models: SharedNetworks, now: datetime
) -> Checks:
    settings = config.settings
    thresholds = ValidityThresholds(arguments.warn_days, arguments.fail_days)
    checks: Checks = {
        "settings": lambda: ok(f"digest {settings.digest}"),
        "camera": lambda: camera.check_first_frame(
            create_camera(arguments, config), settings.capture
        ),
        "models": lambda: machine.check_models(settings, models),
        "outbox": lambda: machine.check_outbox(config.outbox_path),
        "disk": lambda: machine.check_disk(config.outbox_path.parent, settings.outbox.budget_bytes),
        "broker": lambda: _check_session(arguments, config),
        "certificate": lambda: certificates.check_device_certificate(
            read_broker(arguments, config), now, config.address, thresholds
        ),
        "authority": lambda: certificates.check_authority_certificates(
            read_broker(arguments, config), now, thresholds
        ),
    }
    if config.identity:
        folder = config.identity
        checks["identity"] = lambda: machine.check_writable_folder(folder, "renewed certificates")
    if settings.recorder.on:
        recordings = Path(settings.recorder.folder)
        checks["recorder"] = lambda: machine.check_writable_folder(recordings, "recordings")
    return checks


def _check_session(arguments: argparse.Namespace, config: CameraConfig) -> CheckResult:
    broker = read_broker(arguments, config)
    if is_in_use(config.outbox_path):
        return ok(
            f"{broker!r} not tried: the agent of {config.address.device} is running, and a "
            "second session would end its own; see its status page or log"
        )
    return check_session(broker, config.address, is_version_5=config.settings.link.client == "aws")
