"""One example for the help of each action of `python -m cloud.fleet`."""

from typing import Final

EXAMPLES: Final = (
    "list --location KX-01",
    "serve --broker mqtts://mqtt.example.org:8883 --identity own --authority ca",
    "show kx-01-cam-1",
    "drift --group canary",
    "audit --device kx-01-cam-1 --limit 20",
    "register kx-01-cam-1 --location KX-01",
    "retire kx-01-cam-1",
    "group add canary kx-01-cam-1",
    "group remove canary kx-01-cam-1",
    "allow cameras.csv",
    "set --location KX-01 report_interval_ms=15000 --apply",
    "roll-out onlooker-face@1.1.0 --group canary --per-minute 10 --apply",
    "job create restart --device kx-01-cam-1 --apply",
    "roll-back roll-out-17",
    "job show roll-out-17",
    "job list --limit 20",
    "assets export cameras.csv",
    "assets import cameras.csv --apply",
    "assets reconcile cameras.csv",
)
