"""One example for the help of each command of `python -m simulators`."""

from typing import Final

EXAMPLES: Final = (
    "scene --people 8 --seconds 60 --out clip.mp4 --truth truth.json",
    "replay clip.mp4 --location KX-01 --out events.jsonl",
    "footfall --location KX-01 --days 28 --out history.jsonl",
    "fleet --cameras 100 --faults lossy --out fleet.jsonl",
    "lake --locations 100 --days 30 --lake var/scale --database sqlite:///var/scale.db",
    "payments --webhook http://127.0.0.1:8080/api/payments/webhooks/stripe",
    "bidding --creative spring-sale",
    "shops --stores 24 --products 16 --days 365 --out var/shops",
    "products sales --rows 3000000 --out var/sales",
    "demo --seconds 120",
)
