"""Settings under which reports include single people, for tests of the measurement."""

from msgspec import structs

from edge_agent.settings.camera_settings import Settings


def without_threshold(settings: Settings | None = None, **changes) -> Settings:
    """The same settings without a threshold of people."""
    settings = structs.replace(settings or Settings(), **changes)
    return structs.replace(settings, privacy=structs.replace(settings.privacy, smallest_cell=1))
