"""Promotions that have a meaning of their own; a source may also send other words."""

from typing import Final

DEAL: Final = "deal"
"""A lower price that is announced in the store."""
FEATURE: Final = "feature"
"""An advertisement outside of the store, such as a leaflet."""
CLEARANCE: Final = "clearance"
"""Stock is sold off: the only promotion whose price may be below its cost."""
