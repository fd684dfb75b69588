"""Reports that the cloud has not acknowledged, on disk, and the policy that sends them."""

from edge_agent.outbox.errors import OutboxDamagedError, OutboxError
from edge_agent.outbox.sender import Courier, Link
from edge_agent.outbox.store import Outbox

__all__ = ["Courier", "Link", "Outbox", "OutboxDamagedError", "OutboxError"]
