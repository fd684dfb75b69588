"""Durable queue of reports that the cloud has not acknowledged, and the sender."""

from edge_agent.outbox.errors import OutboxDamagedError, OutboxError
from edge_agent.outbox.sender import Link, ReportSender
from edge_agent.outbox.store import Outbox

__all__ = ["Link", "Outbox", "OutboxDamagedError", "OutboxError", "ReportSender"]
