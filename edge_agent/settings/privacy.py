"""Settings of what may be estimated of people and reported about them."""

from typing import Annotated

from msgspec import Meta

from edge_agent.settings.field_types import Section, SensorName


class PrivacySettings(Section, frozen=True):
    """What may be estimated of a person. Counting only, unless this says otherwise.

    Nothing is told of fewer than `smallest_cell` people: no visits, no group by age and gender or
    by expression, no zone, no class of dwell; 1 tells of everybody, for films and tests. Remote
    configuration cannot ask for reports more often than every `min_interval_s`. The networks for
    groups that lie beside the source were taught with pictures for research only: they open only
    where `accept_research_licence` says that this is research.
    """

    demographics: bool = False
    emotion: bool = False
    accept_research_licence: bool = False
    smallest_cell: Annotated[int, Meta(ge=1, le=1000)] = 5
    min_interval_s: Annotated[int, Meta(ge=1, le=60)] = 10
    sensors: Annotated[tuple[SensorName, ...], Meta(max_length=32)] = ()  # beside the known ones
