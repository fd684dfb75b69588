"""The required core of the OpenLineage schema 2-0-2 for run events, and of the facets written.

The package `openlineage-python` contains classes generated from the schema and not the schema, so
its constraints are written here: required fields, types, formats, and the values of enumerations.
"""

from typing import Any, Final

URI: Final = {"type": "string", "format": "uri", "pattern": "^[a-z][a-z0-9+.-]*:"}
TEXT: Final = {"type": "string", "minLength": 1}
COUNT: Final = {"type": "integer", "minimum": 0}


def one(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def facet(*required: str, **properties: Any) -> dict[str, Any]:
    common = {"_producer": URI, "_schemaURL": URI}
    return one(("_producer", "_schemaURL", *required), **common, **properties)


def several(of: dict[str, Any], **named: Any) -> dict[str, Any]:
    return {"type": "object", "properties": named, "additionalProperties": of}


FIELD: Final = one(("name",), name=TEXT, type=TEXT, description=TEXT)
DATASET: Final = one(
    ("namespace", "name"),
    namespace=TEXT,
    name=TEXT,
    facets=several(
        facet(),
        schema=facet(fields={"type": "array", "items": FIELD}),
        version=facet("datasetVersion", datasetVersion=TEXT),
        documentation=facet("description", description=TEXT),
    ),
    outputFacets=several(
        facet(), outputStatistics=facet(rowCount=COUNT, size=COUNT, fileCount=COUNT)
    ),
)
JOB: Final = one(
    ("namespace", "name"),
    namespace=TEXT,
    name=TEXT,
    facets=several(
        facet(),
        documentation=facet("description", description=TEXT),
        jobType=facet("processingType", "integration", processingType=TEXT, integration=TEXT),
    ),
)
RUN_EVENT: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **one(
        ("eventTime", "producer", "schemaURL", "run", "job"),
        eventTime={"type": "string", "format": "date-time"},
        eventType={"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        producer=URI,
        schemaURL=URI,
        run=one(("runId",), runId={"type": "string", "format": "uuid"}, facets=several(facet())),
        job=JOB,
        inputs={"type": "array", "items": DATASET},
        outputs={"type": "array", "items": DATASET},
    ),
}
