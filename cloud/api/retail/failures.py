"""Exceptions of retail prices, each with the status and title of its answer."""

from collections.abc import Mapping
from typing import Final

from cloud.api.retail.price_points import UnreadableBatchError
from cloud.api.retail.scenario_answers import ScenarioError
from cloud.app.retail.manual_proposals import UnchangedPriceError
from cloud.app.retail.price_inputs import LimitCurrencyError, UnknownRetailPrice
from cloud.ingest.retail.error_queue import SettledEntryError, UnknownEntryError
from cloud.ingest.retail.error_replay import PointRepairError
from cloud.sales.retail.decisions import DecisionConflictError, DecisionError
from cloud.sales.retail.experiment_steps import ExperimentConflictError, ExperimentError
from cloud.sales.retail.experiments import UnknownExperimentError
from cloud.sales.retail.manual_prices import OverridePeriodError
from cloud.sales.retail.prices import PriceConflictError, UnknownPriceError
from cloud.sales.retail.recommendation_store import UnknownRecommendationError
from cloud.sales.retail.rule_check import RuleBrokenError
from cloud.sales.retail.rule_sets import RuleSetRefused
from cloud.sales.retail.scenarios import TooManyScenariosError, UnknownScenarioError
from cloud.sales.retail.store_time import StoreTimeError

INGEST_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    UnknownEntryError: (404, "Unknown entry of the error queue"),
    SettledEntryError: (409, "Already settled"),
    PointRepairError: (422, "Invalid repair"),
    UnreadableBatchError: (422, "Unreadable batch"),
}
WORKFLOW_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    UnknownRecommendationError: (404, "Unknown recommendation"),
    UnknownPriceError: (404, "Unknown price"),
    UnknownExperimentError: (404, "Unknown experiment"),
    DecisionConflictError: (409, "Already decided"),
    PriceConflictError: (409, "Price has changed"),
    ExperimentConflictError: (409, "Experiment conflict"),
    RuleBrokenError: (422, "Price breaks a rule"),
    DecisionError: (422, "Invalid decision"),
    UnchangedPriceError: (422, "Unchanged price"),
    OverridePeriodError: (422, "Invalid period"),
    ExperimentError: (422, "Invalid experiment"),
    StoreTimeError: (422, "Invalid local time"),
}
RECOMMENDATION_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    UnknownRetailPrice: (404, "Unknown retail price"),
    LimitCurrencyError: (409, "Limits in another currency"),
    RuleSetRefused: (422, "Invalid rule set"),
    ScenarioError: (422, "Invalid scenario"),
    UnknownScenarioError: (404, "Unknown scenario"),
    TooManyScenariosError: (409, "Too many scenarios"),
}
