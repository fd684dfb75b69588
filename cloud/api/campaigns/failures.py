"""What the errors of campaigns mean to a client: status and title."""

from collections.abc import Mapping
from typing import Final

from cloud.campaigns.campaign import UnknownCampaignError
from cloud.campaigns.creative_checks import CreativeRefusedError
from cloud.campaigns.creative_tests.store import CreativeTestError, UnknownCreativeTestError
from cloud.campaigns.creatives import CreativeConflictError, UnknownCreativeError
from cloud.campaigns.make_good_store import MakeGoodStateError, UnknownMakeGoodError
from cloud.campaigns.plays.coverage import CoverageError
from cloud.receipts.checkpoint_store import LogChangedError
from cloud.receipts.export import ExportTooLargeError
from cloud.receipts.signing_keys import NoLogKeyError

CAMPAIGN_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    UnknownCampaignError: (404, "Unknown campaign"),
    UnknownCreativeError: (404, "Unknown creative"),
    CoverageError: (422, "Invalid period"),
    CreativeConflictError: (409, "Creative conflict"),
    CreativeRefusedError: (422, "Invalid creatives"),
    UnknownCreativeTestError: (404, "Unknown test"),
    CreativeTestError: (422, "Invalid test"),
    UnknownMakeGoodError: (404, "Unknown make-good"),
    MakeGoodStateError: (409, "Make-good is decided"),
    ExportTooLargeError: (422, "Too many receipts"),
    NoLogKeyError: (503, "No key of the log"),
    LogChangedError: (503, "Log of receipts changed"),
}
