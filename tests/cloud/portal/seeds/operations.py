"""A fleet for the pages of operations: healthy, sick, offline, drifting, never connected cameras.

LS-01's second camera is sick: dark, with an alert and alarms, and a configuration that differs. Its
agent reports hostile texts. There are rollouts, mutes, dead letters and nightly runs in several
states. `fillers` adds cameras that the sites file does not list.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine

from cloud import database
from cloud.alerting import actions
from cloud.alerting.lifecycle import apply_measures
from cloud.alerting.mute_actions import NewMute, create_mute
from cloud.alerting.mutes import MuteFilter
from cloud.alerting.rules import AlertKind, AlertThresholds, Measure
from cloud.database import insert
from cloud.fleet.history import Author
from cloud.fleet.jobs import job_store, rollout
from cloud.fleet.jobs.execution import AbortCriteria, ExecutionStatus, RolloutConfig, StatusUpdate
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device, DeviceSelector
from cloud.fleet.shadows import desired_config, shadow_store
from cloud.fleet.shadows.shadow import ShadowUpdate
from cloud.fleet.shadows.shadow_store import ShadowName
from cloud.fleet.tables import device_table
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from cloud.nightly.runs import RunStatus, end_run, record_step, start_run
from cloud.nightly.steps import StepRecord, StepStatus
from wire.fleet.device_config import CONFIG_SHADOW, PRIVACY_SHADOW

HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
HOUR_MS: Final = 3_600_000
SICK: Final = "ls-01-sim"
SITES: Final = ("KX-01", "LB-01", "WA-01", "OX-01", "CW-01", "LS-01", "ST-01", "BA-01")
HOSTILE: Final = '<img src=x onerror="alert(1)">\N{RIGHT-TO-LEFT OVERRIDE}txt'
AT_ONCE: Final = {kind: AlertThresholds(0.5, 0.2) for kind in AlertKind}
DAYS_LEFT: Final = {"kx-01-cam-1": 22, "lb-01-cam-1": 11, "wa-01-cam-1": 4, "ox-01-cam-1": -1}
PRESENCE: Final = {"ox-01-cam-1": "offline", "st-01-cam-1": "stopped", "ba-01-cam-1": None}
ROLLOUT: Final = "onlooker-face-0-4-0-1"
OLD, NEW = "onlooker-face:0.3.0", "onlooker-face:0.4.0"
ZONES: Final = [
    {"name": "entrance", "polygon": [[0.05, 0.3], [0.4, 0.25], [0.45, 0.9], [0.1, 0.95]]},
    {"name": "queue", "polygon": [[0.55, 0.4], [0.9, 0.4], [0.9, 0.8], [0.55, 0.8]]},
]
MASK: Final = [[0.7, 0.0], [1.0, 0.0], [1.0, 0.3], [0.7, 0.3]]


def seed(engine: Engine, now: datetime, *, fillers: int = 0) -> dict[str, str]:
    """Store the fleet and what happened to it before `now`; the addresses of two routes."""
    author = Author("operator:ann", now - 3 * HOUR)
    with database.writing(engine) as connection:
        names = _register(connection, author, fillers)
        _connect(connection, names, now)
        _configure(connection, author)
        _roll_out(connection, author)
        _raise_alerts(connection, now)
        _observe(connection, now)
    _fail_messages(engine, now)
    _run_nightly(engine, now)
    return {
        "/operations/cameras/$id": f"/operations/cameras/{SICK}",
        "/operations/jobs/$id": f"/operations/jobs/{ROLLOUT}",
    }


def _register(connection: Connection, author: Author, fillers: int) -> list[str]:
    names = []
    for site in SITES:
        for part in ("cam-1", "sim"):
            names.append(f"{site.lower()}-{part}")
            devices.register_device(connection, Device(names[-1], site), author)
    devices.add_to_group(connection, "canary", ["kx-01-cam-1", "lb-01-cam-1", SICK], author)
    devices.add_to_group(connection, "london", names, author)
    rows = [
        {"name": f"filler-{one:04}", "location": SITES[one % 8], "kind": "camera",
         "attributes": "{}", "created_at": author.at}
        for one in range(fillers)
    ]  # fmt: skip
    if rows:
        connection.execute(device_table.insert(), rows)
    return [*names, *(row["name"] for row in rows)]


def _connect(connection: Connection, names: list[str], now: datetime) -> None:
    rows = []
    for at, name in enumerate(names):
        presence = PRESENCE.get(name, "online")
        beat = None if presence is None else json.dumps(_heartbeat(name, at))
        received = None if beat is None else now - (3 * HOUR if presence == "offline" else MINUTE)
        location = SITES[at // 2] if at < 16 else SITES[(at - 16) % 8]
        rows.append(
            {"location": location, "device": name, "presence": presence, "heartbeat": beat,
             "presence_at": received, "heartbeat_at": received, "heartbeat_received_at": received}
        )  # fmt: skip
    connection.execute(database.device_status.insert(), rows)
    for name, days in DAYS_LEFT.items():
        ends_at = now + timedelta(days=days, hours=3)
        devices.record_certificate(connection, name, f"{days:x}5c", ends_at, Author("ca", now))


def _heartbeat(name: str, at: int) -> dict[str, Any]:
    is_sick = name == SICK
    return {
        "sent_at": "2026-11-20T12:00:00Z", "uptime_ms": 86_400_000 * (at % 9 + 1), "reconnects": 2,
        "capture": "streaming", "outbox_reports": 412 if is_sick else 0, "rss_bytes": 210_000_000,
        "versions": {"agent": HOSTILE if is_sick else ("1.4.0", "1.4.0", "1.3.2")[at % 3],
                     "detector": OLD, "attention": "onlooker-attention:0.2.0"},
        "figures": {"connection": "poor" if is_sick else "excellent", "frames_milli_hz": 11_800,
                    "disk_free_bytes": 9_400_000_000, "temperature_milli_c": 51_300,
                    "clock_ahead_ms": 12, "alarms": ["blind.dark"] if is_sick else []},
    }  # fmt: skip


def _configure(connection: Connection, author: Author) -> None:
    reported = {"report_interval_ms": 15_000, "zones": ZONES, "masks": [MASK]}
    outcome = {"outcome": "applied", "version": 1, "reason": ""}
    update_of = ShadowUpdate({"reported": {**reported, "config_outcome": outcome}})
    name = ShadowName(SICK, CONFIG_SHADOW)
    shadow_store.update_shadow(connection, name, update_of, at=author.at)
    _allow_preview(connection, author)
    wanted = {"report_interval_ms": 30_000}
    desired_config.set_desired(connection, DeviceSelector(name=SICK), wanted, author)


def _allow_preview(connection: Connection, author: Author) -> None:
    """Only the sick camera's own settings allow a coarse picture."""
    for device, stated in ((SICK, {"remote_preview": True}), ("kx-01-cam-1", {})):
        update_of = ShadowUpdate({"reported": {"manifest": {"manifest": stated}}})
        name = ShadowName(device, PRIVACY_SHADOW)
        shadow_store.update_shadow(connection, name, update_of, at=author.at)


def _roll_out(connection: Connection, author: Author) -> None:
    slow = RolloutConfig(2, 30, AbortCriteria(2, 30.0))
    package = {"package": {"card": "{}", "signature": "AA==", "url": "https://m.example/f"}}
    document = {"operation": "model", "version": NEW, "replaces": OLD, **package}
    canaries = job_store.Job(ROLLOUT, document, ("kx-01-cam-1", SICK), slow)
    job_store.create_job(connection, canaries, at=author.at)
    done = StatusUpdate(ExecutionStatus.SUCCEEDED)
    failed = StatusUpdate(ExecutionStatus.FAILED, {"reason": f"self-test: {HOSTILE}"})
    for device, result in (("kx-01-cam-1", done), (SICK, failed)):
        later = author.at + 5 * MINUTE
        job_store.update_execution(connection, device, canaries.id, result, at=later)
    renewal = {"operation": "renew"}
    target = DeviceSelector(name="wa-01-cam-1")
    rollout.create_job(connection, renewal, target, RolloutConfig(None, 30), author)


def _raise_alerts(connection: Connection, now: datetime) -> None:
    long_ago, before = now - 30 * HOUR, now - 40 * MINUTE
    dark = Measure(AlertKind.UNOBSERVED, "LS-01", SICK, 0.92, "92% of its time blind, mostly dark")
    away = Measure(AlertKind.OFFLINE, "OX-01", "ox-01-cam-1", 180.0, "last message at 09:00Z")
    crowd = Measure(
        AlertKind.SURGE, "KX-01", "", 3.4, "8.1 people in view, 3.4 times the usual 2.4"
    )
    clock = Measure(AlertKind.CLOCK, "WA-01", "wa-01-cam-1", 180.0, "its clock is 180 s ahead")
    over = Measure(AlertKind.OFFLINE, "CW-01", "cw-01-cam-1", 25.0, HOSTILE)
    apply_measures(connection, [over], long_ago, AT_ONCE)
    ended = Measure(AlertKind.OFFLINE, "CW-01", "cw-01-cam-1", 0.0, "over")
    for after in (HOUR, 2 * HOUR):
        apply_measures(connection, [ended], long_ago + after, AT_ONCE, longest_pause=30 * HOUR)
    for pause in (timedelta(), 4 * MINUTE):
        found = [dark, away, crowd, clock]
        apply_measures(connection, found, before + pause, AT_ONCE, longest_pause=30 * HOUR)
    note = actions.OperatorAction("operator:ann", now - 20 * MINUTE, "technician on site at 14:00")
    actions.acknowledge(connection, 3, note)
    works = NewMute(MuteFilter("camera.clock", "WA-01"), now + 5 * HOUR, "time server is replaced")
    create_mute(connection, works, actor="operator:ann", now=now - 10 * MINUTE)


def _observe(connection: Connection, now: datetime) -> None:
    statement = insert(connection.dialect.name, database.hour_tallies).on_conflict_do_nothing()
    connection.execute(statement, list(_sick_hours(now)))
    for minutes, kind, state in ((300, "clock.unset", "raised"), (290, "clock.unset", "cleared"),
                                 (45, "blind.dark", "raised")):  # fmt: skip
        at = now - minutes * MINUTE
        row = {"location": "LS-01", "device": SICK, "kind": kind, "state": state, "at": at,
               "message": HOSTILE if minutes == 45 else "no NTP", "received_at": at}  # fmt: skip
        connection.execute(database.device_alarms.insert(), row)


def _sick_hours(now: datetime) -> Iterator[dict[str, Any]]:
    until = now.replace(minute=0, second=0, microsecond=0)
    for ago in range(1, 23):
        if ago in (9, 10):
            continue
        dark = HOUR_MS * 9 // 10 if ago < 3 else HOUR_MS // 20 * (ago % 4)
        yield {
            "location": "LS-01", "device": SICK, "hour_at": int((until - ago * HOUR).timestamp()),
            "reports": 240, "interval_ms": HOUR_MS, "observed_ms": HOUR_MS - dark,
            "blind_dark_ms": dark,
        }  # fmt: skip


def _fail_messages(engine: Engine, now: datetime) -> None:
    topic = f"onlooker/v1/LS-01/{SICK}/audience"
    sent = [
        (topic, f'{{"note": "{HOSTILE}"'.encode()),
        (topic, b"x" * 200_000),
        (topic, ("A" * 10_000).encode()),
        ("onlooker/v1/XX-99/stranger/audience", b"{}"),
    ]
    for number, one in enumerate(sent):
        at = now - (9 - number) * MINUTE
        known = "stranger" not in one[0]
        source = MemorySource([one])
        Consumer(source, engine, is_listed=lambda *_, k=known: k, clock=lambda a=at: a).step()


def _run_nightly(engine: Engine, now: datetime) -> None:
    for days, failed in ((2, False), (1, True)):
        at = now - timedelta(days=days, hours=1)
        run = start_run(engine, None, at)
        for step, (name, rows) in enumerate((("land", 41_200), ("promote-raw", 41_200))):
            start = at + step * 3 * MINUTE
            is_bad = failed and name == "promote-raw"
            status = StepStatus.FAILED if is_bad else StepStatus.DONE
            notes = f"OSError: no space left on device {HOSTILE}" if is_bad else ""
            done = None if is_bad else rows
            record = StepRecord(name, status, 1, start, start + 3 * MINUTE, done, notes)
            record_step(engine, run, record)
        status = RunStatus.FAILED if failed else RunStatus.COMPLETE
        end_run(engine, run, status, at + 6 * MINUTE)
