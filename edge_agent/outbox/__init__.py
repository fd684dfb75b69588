"""Reports that the cloud has not acknowledged, on disk, and the policy that sends them."""

from edge_agent.outbox.errors import OutboxDamagedError, OutboxError
from edge_agent.outbox.sender import Link, ReportSender
from edge_agent.outbox.store import Outbox

__all__ = ["Link", "Outbox", "OutboxDamagedError", "OutboxError", "ReportSender"]
