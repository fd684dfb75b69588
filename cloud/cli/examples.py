"""One example for the help of each command of `python -m cloud`; those of `fleet` are with it."""

from typing import Final

from cloud.app.example_dates import example_slot
from cloud.fleet.examples import EXAMPLES as FLEET

SLOT: Final = example_slot()
EXAMPLES: Final = (
    "stream --broker mqtt://127.0.0.1:1883 --sites sites.yaml",
    "stream-spark count --files incoming/ --folder tables/ --checkpoint notes/ --once",
    "stream-spark windows --folder tables/ --since 2026-11-23T00:00Z --until 2026-11-24T00:00Z",
    "serve --port 8080 --sites sites.yaml",
    f"price KX-01 {SLOT} --explain",
    "publish --sites sites.yaml",
    "occupancy load occupancy.csv",
    "orders load orders.csv --sites sites.yaml",
    "orders list --order SO-2041",
    "bookings avails KX-01 --days 2",
    "bookings holds --account acme",
    "bookings sweep",
    "bookings verify",
    f"bookings blackout add KX-01 {SLOT}+00:00 {SLOT[:-5]}12:00+00:00 --reason 'new panel'",
    "bookings blackout list",
    "bookings blackout remove 17",
    "rate-card check rates.yaml",
    f"rate-card put rates.yaml --from {SLOT}+00:00",
    "rate-card list",
    f"override set KX-01 {SLOT} 45.00 --reason 'agreed in March'",
    "override list KX-01",
    f"override withdraw KX-01 {SLOT}",
    "forecast --sites sites.yaml --signals signals/",
    "backtest hourly.csv --timezone Europe/London --origins 4",
    "audit verify --checkpoints /mnt/audit --key audit.pem",
    "audit list",
    "audit export changes.jsonl",
    "audit checkpoint --checkpoints /mnt/audit --key audit.pem",
    "audit key audit.pem",
    "sites check sites.yaml --rate-card rates.yaml",
    "sites schema",
    "keys create --role sales --owner 'Leeds office' --days 365",
    "keys list",
    "keys revoke 0123456789ab",
    *(f"fleet {example}" for example in FLEET),
    "alerts run --recipients recipients.yaml --smtp relay.example.org:25",
    "alerts list --open --kind camera.",
    "alerts show 17",
    "alerts recipients",
    "alerts acknowledge 17 --note 'technician on site at 14:00'",
    "alerts close 17 --reason 'camera taken down for repair'",
    "dead-letters list --kind unreadable",
    "dead-letters show 17",
    "dead-letters replay 17",
    "dead-letters delete kx-01-cam-1",
    "dead-letters quarantined",
    "dead-letters release kx-01-cam-1",
    "streams list --gaps",
    "streams losses",
    "streams close kx-01-cam-1 3f2a9c1e5b7d4806",
    "database upgrade --database sqlite:///var/onlooker.db",
    "database current",
    "database check",
    "lake update --lake var/lake",
    "lake status",
    "lake tables",
    "lake snapshots raw.audience_reports",
    "lake query 'SELECT location, sum(visits) FROM trusted_audience_reports GROUP BY location'",
    "lake quarantine --table trusted.audience_reports",
    "lake replay",
    "lake repair raw.audience_reports row.json",
    "lake compact raw.audience_reports",
    "lake rebuild --first-on 2026-11-01 --last-on 2026-11-02",
    "lake drop raw/audience_reports/day=2026-11-01/NAME.parquet --reason 'disk failed'",
    "lake reconcile list",
    "lake reconcile adopt",
    "lake reconcile discard --reason 'lake of a test'",
    "lake lists --lake s3://onlooker-{zone}",
    "lake verify",
    "lake catalogue --out var/catalogue",
    "lake expire --days 14",
    "lake hold place raw.audience_reports 2026-11-01 2026-11-30 --reason 'case 17'",
    "lake hold list",
    "lake hold release 3",
    "marts build --lake var/lake --sites sites.yaml",
    "marts publish",
    "nightly --lake var/lake --sites sites.yaml",
    "nightly --resume",
    "nightly --days 2026-11-01 2026-11-07",
    "retention --reports-days 30 --minutes-days 400",
)


def examples_of(command: str) -> list[str]:
    """The examples of one command, without its name."""
    return [
        example.removeprefix(command).strip()
        for example in EXAMPLES
        if example.split()[0] == command
    ]
