"""Settings of what may be estimated of people and reported about them."""

from typing import Annotated

from msgspec import Meta

from edge_agent.settings.field_types import Section, SensorName


class PrivacySettings(Section, frozen=True):
    """What may be estimated of a person; by default people are only counted.

    Groups of fewer than `smallest_cell` people are not reported: no visits, no group by age and
    gender or by expression, no zone, no dwell class. The value 1 reports everybody, for recordings
    and tests. Remote configuration cannot set a report interval below `min_interval_s`. The
    demographics networks in the source tree are licensed for research only and open only with
    `accept_research_licence`. `remote_preview` lets operators ask for one coarse picture at a time
    (`privacy/coarse_picture.py`).
    """

    demographics: bool = False
    emotion: bool = False
    accept_research_licence: bool = False
    smallest_cell: Annotated[int, Meta(ge=1, le=1000)] = 5
    min_interval_s: Annotated[int, Meta(ge=1, le=60)] = 10
    sensors: Annotated[
        tuple[SensorName, ...], Meta(max_length=32)
    ] = ()  # names in addition to `privacy/sensor_names.py`
    remote_preview: bool = False
