"""Errors that say in one sentence why the agent cannot start."""

from typing import Final

from edge_agent.capture.camera import CaptureError
from edge_agent.enrolment.procedure import ENROLMENT_ERRORS
from edge_agent.outbox import OutboxError
from edge_agent.perception.model_errors import ModelError
from edge_agent.settings.loading import SettingsError
from edge_agent.status.server import StatusError
from edge_agent.transport.broker import LinkError
from wire.topics import TopicError

STARTUP_ERRORS: Final = (
    CaptureError,
    LinkError,
    ModelError,
    OutboxError,
    SettingsError,
    StatusError,
    TopicError,
    *ENROLMENT_ERRORS,
)
