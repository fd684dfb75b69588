"""Tables in the documentation list every item of the code that they describe."""

import re
from pathlib import Path

import msgspec
import pytest

from cloud.alerting.rules import THRESHOLDS, Severity
from cloud.database import ATTENTION, DWELL
from cloud.ingest.dead_letters import DeadLetterKind
from cloud.lake.curated.tables import CURATED_TABLES
from cloud.pricing.factors import compute_base_factors
from cloud.pricing.slot import parse_slot
from edge_agent.management.privacy_limits import RULES
from tests.cloud.rates import CARD, sites
from wire.fleet.device_config import ConfigThresholds, DeviceConfig

ROOT = Path(__file__).resolve().parents[2]


def first_cells(page: str, heading: str) -> set[str]:
    """Names in backquotes in the first column of the first table below a heading."""
    section = (ROOT / page).read_text().partition(f"{heading}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table, f"{page} has no table below {heading!r}"
    first = [row.split("|")[1] for row in table[0].splitlines()]
    return {name for cell in first for name in re.findall(r"`(\w+)`", cell)}


def test_operations_lists_every_field_of_the_remote_config():
    listed = first_cells("docs/operations.md", "### Changing a camera's configuration")
    assert listed == set(DeviceConfig.__struct_fields__) == set(RULES)


def test_operations_lists_every_threshold_of_the_remote_config():
    text = (ROOT / "docs/operations.md").read_text()
    row = re.search(r"^\| `thresholds` \|.*$", text, re.MULTILINE)
    assert row
    listed = set(re.findall(r"`(\w+)`", row[0])) - {"thresholds"}
    assert listed == {field.encode_name for field in msgspec.structs.fields(ConfigThresholds)}


def test_ingest_lists_every_kind_of_dead_letter():
    assert first_cells("docs/ingest.md", "## Dead letters") == {
        kind.value for kind in DeadLetterKind
    }


def test_pricing_lists_every_factor():
    site = sites().location("KX-01")
    slot = parse_slot("2027-11-22T08:00", site.zone)
    factors = compute_base_factors(site, slot, 450.0, CARD)
    assert first_cells("docs/pricing.md", "## Factors") == {one.name for one in factors}


def test_alerts_lists_every_kind_with_its_severity():
    section = (ROOT / "docs/alerts.md").read_text().partition("## Kinds\n")[2]
    rows = re.findall(r"^\| `([\w.]+)` \| (\w+) \|", section, re.MULTILINE)
    assert rows == sorted(rows, key=lambda row: list(Severity).index(row[1]))
    assert dict(rows) == {kind: thresholds.severity for kind, thresholds in THRESHOLDS.items()}


@pytest.mark.parametrize("mart", CURATED_TABLES, ids=lambda mart: mart.name)
def test_marts_lists_every_column(mart):
    listed = first_cells("docs/marts.md", f"## Columns of `{mart.name}`\n")
    for buckets in (DWELL, ATTENTION):
        if {buckets[0], buckets[-1]} <= listed:  # written as "first to last"
            listed |= set(buckets)
    assert listed == {"day", *mart.schema.names}
