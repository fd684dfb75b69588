"""All routes of operations as one router, and the status of their refusals."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter

from cloud.alerting.mute_actions import MuteEnded
from cloud.alerting.mutes import UnknownMute
from cloud.api.operations import alert_mutes, catalogue, dead_letters, nightly, quarantine
from cloud.api.operations.catalogue import CatalogueUnavailable, UnknownTable
from cloud.api.operations.quarantine import NotQuarantined
from cloud.ingest.dead_letter_search import UnknownDeadLetter

OPERATIONS_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    CatalogueUnavailable: (503, "Lake unavailable"),
    MuteEnded: (409, "Mute has ended"),
    NotQuarantined: (404, "Not in quarantine"),
    UnknownDeadLetter: (404, "Unknown dead letter"),
    UnknownMute: (404, "Unknown mute"),
    UnknownTable: (404, "Unknown table"),
}

router = APIRouter()
for module in (alert_mutes, dead_letters, quarantine, nightly, catalogue):
    router.include_router(module.router)
