"""Runs of the promotions and marts as OpenLineage events, from the snapshots in the manifest.

The snapshots that one program committed at one time are a run. Both events of a run have the time
of its commits, which is when it began: the manifest has no other. Compaction changes no rows, and
snapshots that only remove days are retention: neither is a run. The same manifest gives the same
events, with the same identifiers. Only the newest run of a program has the columns of its tables.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from cloud.database.lake import lake_files
from cloud.lake.catalogue.descriptions import describe_table
from cloud.lake.catalogue.lineage import LineageStep, list_steps
from cloud.lake.manifest import Operation, Snapshot, read_snapshots
from cloud.lake.registry import find_table

NAMESPACE: Final = "onlooker"
PRODUCER: Final = "urn:onlooker:lake"
SPECIFICATION: Final = "https://openlineage.io/spec"
EVENT_SCHEMA: Final = f"{SPECIFICATION}/2-0-2/OpenLineage.json#/$defs/RunEvent"

Json = dict[str, Any]


def list_run_events(connection: Connection) -> Iterator[Json]:
    """START and COMPLETE of each run, oldest first."""
    runs = [
        (committed_at, step, snapshots)
        for step in list_steps()
        for committed_at, snapshots in _group_runs(connection, step).items()
    ]
    sizes = {
        name: _read_sizes(connection, name) for name in sorted({
            one.table_name for _, _, snapshots in runs for one in snapshots
        })
    }  # fmt: skip
    order = {step.job: number for number, step in enumerate(list_steps())}
    runs.sort(key=lambda run: (run[0], order[run[1].job]))
    newest = {step.job: committed_at for committed_at, step, _ in runs}
    for committed_at, step, snapshots in runs:
        common = _describe_run(step, committed_at, snapshots)
        yield {"eventType": "START"} | common | {"outputs": []}
        outputs = [_describe_output(name, snapshots, sizes[name]) for name in _names(snapshots)]
        if newest[step.job] == committed_at:
            for output in outputs:
                output["facets"] |= _describe_table(output["name"])
        yield {"eventType": "COMPLETE"} | common | {"outputs": outputs}


def _group_runs(connection: Connection, step: LineageStep) -> dict[datetime, list[Snapshot]]:
    groups: dict[datetime, list[Snapshot]] = defaultdict(list)
    for name in step.sources:
        for snapshot in read_snapshots(connection, name):
            if snapshot.operation != Operation.COMPACT:
                groups[snapshot.committed_at].append(snapshot)
    return {at: found for at, found in groups.items() if any(one.rows_added for one in found)}


def _describe_run(step: LineageStep, at: datetime, snapshots: Sequence[Snapshot]) -> Json:
    time = at.astimezone(UTC).isoformat()
    sources = dict.fromkeys(
        source for name in _names(snapshots) for source in step.sources[name]
    )  # fmt: skip
    return {
        "eventTime": time,
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}:{step.job}:{time}"))},
        "job": {
            "namespace": NAMESPACE,
            "name": step.job,
            "facets": {
                "documentation": _facet(
                    "1-1-0", "DocumentationJobFacet", description=step.description
                ),
                "jobType": _facet(
                    "2-0-4", "JobTypeJobFacet", processingType="BATCH", integration="ONLOOKER",
                    jobType="JOB",
                ),
            },
        },
        "inputs": [{"namespace": NAMESPACE, "name": source} for source in sources],
        "producer": PRODUCER,
        "schemaURL": EVENT_SCHEMA,
    }  # fmt: skip


def _describe_output(
    name: str, snapshots: Sequence[Snapshot], sizes: dict[int, tuple[int, int]]
) -> Json:
    own = [one for one in snapshots if one.table_name == name]
    size, files = (sum(figures) for figures in zip(
        *(sizes.get(one.number, (0, 0)) for one in own), strict=True
    ))  # fmt: skip
    return {
        "namespace": NAMESPACE,
        "name": name,
        "facets": {
            "version": _facet(
                "1-0-1", "DatasetVersionDatasetFacet", datasetVersion=str(own[-1].number)
            ),
        },
        "outputFacets": {
            "outputStatistics": _facet(
                "1-0-2", "OutputStatisticsOutputDatasetFacet",
                rowCount=sum(one.rows_added for one in own), size=size, fileCount=files,
            )
        },
    }  # fmt: skip


def _describe_table(name: str) -> Json:
    """What changes with the program only: the newest run of a job has it."""
    fields = [
        {"name": column.name, "type": str(column.type), "description": column.description}
        for column in find_table(name).columns
    ]
    return {
        "schema": _facet("1-2-0", "SchemaDatasetFacet", fields=fields),
        "documentation": _facet(
            "1-1-0", "DocumentationDatasetFacet", description=describe_table(name) or name
        ),
    }


def _facet(version: str, kind: str, **fields: Any) -> Json:
    return {
        "_producer": PRODUCER,
        "_schemaURL": f"{SPECIFICATION}/facets/{version}/{kind}.json#/$defs/{kind}",
    } | fields


def _names(snapshots: Sequence[Snapshot]) -> list[str]:
    return list(dict.fromkeys(one.table_name for one in snapshots))


def _read_sizes(connection: Connection, name: str) -> dict[int, tuple[int, int]]:
    """Bytes and number of the files that each snapshot added."""
    columns = lake_files.c
    query = select(
        columns.added_in, func.sum(columns.size_bytes), func.count()
    ).where(columns.table_name == name)  # fmt: skip
    return {
        number: (int(size), files)
        for number, size, files in connection.execute(query.group_by(columns.added_in))
    }
