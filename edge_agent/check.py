"""Is everything in order that a run needs? One line for each thing, the remedy in it."""

import shutil
import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from edge_agent.capture import Camera, CaptureError, Cause, Trouble, trouble_of
from edge_agent.civil import EARLIEST_AT, disciplined
from edge_agent.enrolment.procedure import REFUSALS as NOT_ENROLLED
from edge_agent.frame import Frame
from edge_agent.inference import ModelError
from edge_agent.link.broker import Broker, LinkError, tls_context
from edge_agent.outbox import OutboxError
from edge_agent.outbox.inspection import inspect
from edge_agent.settings import CaptureSettings, SettingsError
from edge_agent.status.server import StatusError
from wire.addresses import hide_addresses
from wire.topics import TopicError

FREE_BYTES: Final = 64 * 1024 * 1024
CONNECT_S: Final = 5.0
REFUSALS: Final = (
    CaptureError,
    LinkError,
    ModelError,
    OutboxError,
    SettingsError,
    StatusError,
    TopicError,
    *NOT_ENROLLED,
)


def told(checks: Mapping[str, Callable[[], str]]) -> tuple[list[str], int]:
    """A line for each check, and how many failed."""
    width = max(map(len, checks))
    lines, failures = [], 0
    for name, answer in checks.items():
        try:
            lines.append(f"{name:{width}} ok    {answer()}")
        except (*REFUSALS, OSError) as error:
            failures += 1
            lines.append(f"{name:{width}} FAIL  {hide_addresses(str(error))}")
    return lines, failures


def first_frame(camera: Camera, settings: CaptureSettings) -> str:
    """What the camera's first picture is like, or CaptureError when none comes in time."""
    patience_s = settings.open_timeout_s + CONNECT_S
    try:
        for moment in camera:
            if isinstance(moment, Frame):
                return f"{moment.width_px} x {moment.height_px} from {camera.name}"
            if moment.elapsed_s > patience_s:
                break
    finally:
        camera.close()
    trouble = trouble_of(camera) or Trouble(Cause.UNKNOWN)
    raise CaptureError(f"{camera.name} delivers no picture: {trouble}")


def plausible(now: datetime) -> str:
    """The time, unless it cannot be."""
    if now < EARLIEST_AT:
        raise OSError(f"{now.isoformat()} cannot be the time: set the clock, or let NTP do it")
    kept = {True: ", kept by NTP", False: ", kept by nobody: let NTP through", None: ""}
    return now.isoformat(timespec="seconds") + kept[disciplined()]


def certificate(broker: Broker, now: datetime, device: str) -> str:
    """Whose certificate goes to the broker, how long it stands, and whether it is the device's."""
    if broker.certificate is None:
        return "none is shown" if broker.tls else "none is needed without TLS"
    try:
        mine = x509.load_pem_x509_certificates(broker.certificate.read_bytes())[0]
    except (OSError, ValueError) as error:
        raise LinkError(f"certificate {broker.certificate}: {error}; give --cert a PEM") from error
    whose = mine.subject.rfc4514_string() or "nobody"
    begins_at, ends_at = mine.not_valid_before_utc, mine.not_valid_after_utc
    if not begins_at <= now < ends_at:
        raise LinkError(
            f"certificate of {whose} stands from {begins_at:%Y-%m-%d} to {ends_at:%Y-%m-%d}: "
            "renew it, or set the clock"
        )
    names = [one.value for one in mine.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    strange = (
        "" if names == [device] else f"; not of {device}: our own broker and AWS IoT refuse that"
    )
    return f"{whose}, {(ends_at - now).days} days left, until {ends_at:%Y-%m-%d}{strange}"


def room(outbox: Path) -> str:
    """How much the disk has for reports, and how many wait; nothing is written or created."""
    waiting = inspect(outbox)
    folder = next(one for one in outbox.absolute().parents if one.exists())
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        raise OSError(f"{free} bytes free beside {outbox}, wanted {FREE_BYTES}: make room")
    state = "in use by an agent" if waiting is None else f"{waiting} reports wait"
    return f"{free // 2**20} MiB free, {outbox} can be written ({state})"


def reachable(broker: Broker) -> str:
    """The broker answers, and over TLS it is who it says."""
    with socket.create_connection((broker.host, broker.port), timeout=CONNECT_S) as connection:
        if not broker.tls:
            return repr(broker)
        with tls_context(broker).wrap_socket(connection, server_hostname=broker.host) as secure:
            return f"{broker!r} ({secure.version()})"
