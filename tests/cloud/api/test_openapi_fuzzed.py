"""Every endpoint answers any request with a status and a body that the OpenAPI document names.

Requests are generated from the document, the same in every run: valid ones, invalid ones, and valid
ones about the locations, hours and cameras that the document gives as examples. An endpoint that is
added is tested without a change here.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine, create_engine

from cloud import database
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.app.server.host_names import HostNames
from cloud.database.billing import billing_documents
from cloud.fleet.history import Author
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device
from cloud.planning.plan_worker import PlanWorker
from cloud.sales import plans
from tests.cloud.billing.billing_examples import store_final_invoice
from tests.cloud.databases import create_tables
from tests.cloud.rates import CARD, sites

if TYPE_CHECKING:  # every process of tests loads this file, one of them runs it
    import schemathesis
    from schemathesis.specs.openapi.schemas import OpenApiSchema

REQUESTS = 3
POSITIVE, NEGATIVE = "positive", "negative"
FRIDAY_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLAN = "3f2a9c1e5b7d4806a1c2e3f405162738"
QUESTION = (
    '{"budget": "90.00", "from": "2026-11-23", "until": "2026-11-24", "locations": ["KX-01"]}'
)


def app_over(engine: Engine) -> FastAPI:
    card = CARD
    names = HostNames.of(["testserver"])  # as the client of the ASGI loader calls it
    return create_app(AppContext(engine, sites(), card, lambda: FRIDAY_NOON), names=names)


def is_endless(operation: dict) -> bool:
    """Whether it answers with nothing but a stream of events, which never ends."""
    content = operation["responses"].get("200", {}).get("content", {})
    return set(content) == {"text/event-stream"}


DOCUMENT = app_over(create_engine("sqlite://")).state.openapi()
OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if not is_endless(operation)
]


def parameters(operation: dict, where: str) -> dict[str, object]:
    """Those that the document gives an example of."""
    return {
        one["name"]: one["schema"]["examples"][0]
        for one in operation.get("parameters", ())
        if one["in"] == where and one["required"] and "examples" in one["schema"]
    }


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    engine = database.connect(f"sqlite:///{tmp_path_factory.mktemp('fuzzed')}/onlooker.db")
    create_tables(engine)
    with database.writing(engine) as connection:
        devices.register_device(
            connection, Device("cam-01", "KX-01"), Author("a test", FRIDAY_NOON)
        )
        plans.insert_plan(connection, PLAN, "-", "a test", QUESTION, FRIDAY_NOON)
        invoice = store_final_invoice(connection, FRIDAY_NOON)
        same = billing_documents.c.id == invoice
        connection.execute(billing_documents.update().where(same).values(id=PLAN))
    app = app_over(engine)
    assert PlanWorker(lambda: app.state.reloader.context).step()
    yield app
    engine.dispose()


@pytest.fixture(scope="module")
def schema(app: FastAPI) -> "OpenApiSchema":
    import schemathesis

    return schemathesis.openapi.from_asgi("/openapi.json", app)


def list_checks() -> list[Callable[..., Any]]:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    return [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]


def count_valid_answers(
    schema: "OpenApiSchema", method: str, path: str, mode: str, **fixed: object
) -> int:
    """How many requests were answered as the document says; another answer is an exception."""
    from schemathesis import GenerationMode

    operation, checks = schema[path][method], list_checks()
    valid: list[int] = []

    @settings(
        max_examples=REQUESTS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=GenerationMode(mode), **fixed))
    def send(case: "schemathesis.Case") -> None:
        valid.append(case.call_and_validate(checks=checks).status_code)

    send()
    return len(valid)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_a_valid_request_is_answered_as_the_document_says(schema, method, path, operation):
    assert count_valid_answers(schema, method, path, POSITIVE) > 0


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [one for one in OPERATIONS if "parameters" in one[2] or "requestBody" in one[2]],
)
def test_an_invalid_request_is_answered_as_the_document_says(schema, method, path, operation):
    assert count_valid_answers(schema, method, path, NEGATIVE) > 0


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [one for one in OPERATIONS if parameters(one[2], "path") or parameters(one[2], "query")],
)
def test_a_request_about_an_existing_location_or_camera_is_answered_as_the_document_says(
    schema, method, path, operation
):
    known = {
        "path_parameters": parameters(operation, "path"),
        "query": parameters(operation, "query"),
    }
    fixed = {where: values for where, values in known.items() if values}
    assert count_valid_answers(schema, method, path, POSITIVE, **fixed) > 0
