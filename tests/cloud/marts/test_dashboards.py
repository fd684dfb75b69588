"""Dashboards and the worked query of docs/analytics.md name only what exists.

Each metric and label of a Prometheus query is one of the product's; each query of a mart is planned
by PostgreSQL on its tables.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection, Engine, create_engine, text
from starlette.responses import PlainTextResponse

import cloud.alerting.evaluator
import cloud.notifications.dispatcher
import cloud.stream  # noqa: F401 - its metrics
from cloud.app.server.middleware import RequestMiddleware
from cloud.app.sign_in.sign_in_state import SignInOptions, new_sign_in_state
from cloud.marts.database_tables import PUBLISHED_MARTS, dim_location, mart_metadata
from cloud.nightly.metrics import write_metrics
from cloud.nightly.steps import StepRecord, StepStatus
from edge_agent.status.metrics import LABELS, METRIC_SPECS, C, _age
from tests.cloud.marts.mart_rows import MONDAY

DOCS = Path(__file__).resolve().parents[3] / "docs"
DASHBOARDS = sorted((DOCS / "dashboards").glob("*.json"))
NOW = datetime(2026, 11, 2, 3, tzinfo=UTC)
METRIC = re.compile(r"\bonlooker_\w+")
BY = re.compile(r"\bby \(([\w, ]+)\)")
MATCHER = re.compile(r"(\w+)(?:=~|!=|!~|=)\"")
PANELS = {"timeseries", "stat", "bargauge", "table", "heatmap", "geomap", "barchart"}
SUFFIXES = ("_bucket", "_sum", "_count")


def load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def targets(kind: str) -> Iterator[Any]:
    for path in DASHBOARDS:
        for panel in load(path)["panels"]:
            if panel["datasource"]["type"] == kind:
                for target in panel["targets"]:
                    yield pytest.param(target, id=f"{path.stem}: {panel['title']}")


def families_of(registry: CollectorRegistry) -> dict[str, set[str]]:
    """Metric -> labels, as `_labelnames` has them before anything was counted."""
    collectors = {one for one in registry._collector_to_names if hasattr(one, "_labelnames")}
    return {
        f"{one._name}{'_total' if one._type == 'counter' else ''}": set(one._labelnames)
        for one in collectors
    }


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Every metric of the cloud and of the edge agent, with its labels."""
    folder = tmp_path_factory.mktemp("metrics")
    of_api = CollectorRegistry()
    RequestMiddleware(PlainTextResponse("any application"), registry=of_api)
    new_sign_in_state(SignInOptions(), of_api)
    found = families_of(of_api) | families_of(REGISTRY)
    step = StepRecord("lake", StepStatus.DONE, attempts=1, started_at=NOW, ended_at=NOW, rows=1)
    write_metrics(folder / "nightly.prom", [step], NOW)
    for family in text_string_to_metric_families((folder / "nightly.prom").read_text()):
        found[family.name] = {name for sample in family.samples for name in sample.labels}
    for spec in (*METRIC_SPECS, _age(NOW)):
        name = f"onlooker_{spec.name}{'_total' if spec.family is C else ''}"
        found[name] = {*LABELS, *([spec.label] if spec.label else [])}
    return found


@pytest.mark.parametrize("target", [*targets("prometheus")])
def test_every_metric_and_label_exists(metrics: dict[str, set[str]], target: dict) -> None:
    expression = target["expr"]
    names = METRIC.findall(expression)
    assert names
    labels = {"le"}
    for name in names:
        base = next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name)
        assert base in metrics, name
        labels |= metrics[base]
    grouped = {one.strip() for group in BY.findall(expression) for one in group.split(",")}
    shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    assert grouped | shown | set(MATCHER.findall(expression)) <= labels


@pytest.fixture(scope="module")
def marts(postgresql_engine: Engine) -> Iterator[Connection]:
    """The tables of the marts in a schema of their own, which is never committed."""
    with postgresql_engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA dashboards"))
        connection.execute(text("SET LOCAL search_path TO dashboards"))
        mart_metadata.create_all(connection)
        yield connection
        connection.rollback()


def replace_macros(sql: str) -> str:
    """The macros of Grafana as it replaces them."""
    start = sql.find("$__timeFilter(")
    while start >= 0:
        depth, end = 1, start + len("$__timeFilter(")
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        column = sql[start + len("$__timeFilter(") : end - 1]
        sql = f"{sql[:start]}{column} BETWEEN '2026-11-01' AND '2026-11-02'{sql[end:]}"
        start = sql.find("$__timeFilter(")
    return sql.replace("$location", "'KX-01'")


@pytest.mark.parametrize("target", [*targets("grafana-postgresql-datasource")])
def test_every_query_of_a_mart_is_planned(marts: Connection, target: dict) -> None:
    query = replace_macros(target["rawSql"])
    assert "$" not in query
    marts.exec_driver_sql("EXPLAIN " + query.replace("%", "%%"))


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_have_a_place_of_their_own_and_a_data_source(marts, path: Path) -> None:
    document = load(path)
    cells = set()
    for panel in document["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert panel["type"] in PANELS
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["datasource"]["uid"] == "${datasource}"
        own = {(place["x"] + x, place["y"] + y)
               for x in range(place["w"]) for y in range(place["h"])}  # fmt: skip
        assert not cells & own, panel["title"]
        cells |= own
    ids = [panel["id"] for panel in document["panels"]]
    assert len(ids) == len(set(ids))
    for variable in document["templating"]["list"]:
        if "SELECT" in variable["query"]:
            marts.exec_driver_sql("EXPLAIN " + variable["query"])


def test_provisioning_names_the_data_sources_of_the_dashboards_and_no_secret() -> None:
    folder = DOCS / "dashboards" / "provisioning"
    sources = yaml.safe_load((folder / "datasources.yaml").read_text())["datasources"]
    wanted = {load(path)["templating"]["list"][0]["query"] for path in DASHBOARDS}
    assert {one["type"] for one in sources} == wanted
    secrets = [value for one in sources for value in one.get("secureJsonData", {}).values()]
    assert all(value.startswith("$") for value in secrets)
    assert yaml.safe_load((folder / "dashboards.yaml").read_text())["providers"]


def worked_query() -> str:
    page = (DOCS / "analytics.md").read_text().partition("**A worked query**")[2]
    found = re.search(r"```sql\n(.*?)```", page, re.DOTALL)
    assert found
    return found[1]


def fill(connection: Connection) -> None:
    """An observed and an unobserved hour of a Monday morning, and one of the evening."""
    table = next(one for mart, one in PUBLISHED_MARTS.items() if mart.name == "audience_metrics")
    empty = {name: None if column.nullable else 0 for name, column in table.columns.items()}
    for hour, onlookers, observed_ms in ((7, 20, 3_600_000), (8, None, 0), (20, 90, 3_600_000)):
        row = {"day": MONDAY, "location": "KX-01", "hour": hour, "local_hour": hour,
               "local_weekday": 1, "observed_ms": observed_ms, "expected_ms": 3_600_000,
               "visits": None if onlookers is None else 100, "onlookers": onlookers}  # fmt: skip
        connection.execute(table.insert().values({**empty, **row, "local_date": date(2026, 11, 2)}))
    place = {name: None if column.nullable else 0 for name, column in dim_location.columns.items()}
    texts = {"location": "KX-01", "name": "King's Cross", "timezone": "UTC"}
    kinds = {"venue_type": "10503", "placement": "hall"}
    connection.execute(dim_location.insert().values({**place, **texts, **kinds}))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_worked_query_divides_sums_and_keeps_missing_hours(
    kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "postgresql":
        connection = request.getfixturevalue("marts")
        fill(connection)
        rows = connection.exec_driver_sql(worked_query()).all()
    else:
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            mart_metadata.create_all(connection)
            fill(connection)
            rows = connection.exec_driver_sql(worked_query()).all()
        engine.dispose()
    assert [(name, float(rate), float(share)) for name, rate, share in rows] == [
        ("King's Cross", 0.2, 0.5)
    ]
