"""Whether every table whose changes are audited matches the audit log."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from cloud.alerting.mute_actions import MuteComparison
from cloud.auth.accounts.audit_comparisons import AccountComparison, BrandComparison
from cloud.auth.audit_comparisons import Comparison, KeyComparison, compare_with_log
from cloud.auth.users.audit_comparison import UserComparison
from cloud.billing.audit_comparisons import DocumentComparison, LedgerComparison
from cloud.billing.payments.audit_comparison import PaymentComparison
from cloud.booking.adcp.package_comparison import PackageComparison
from cloud.booking.audit_log.catalogue_comparisons import (
    compare_dayparts,
    compare_products,
    compare_restrictions,
)
from cloud.booking.audit_log.comparisons import BlackoutComparison, HoldComparison
from cloud.booking.audit_log.order_comparison import OrderComparison
from cloud.booking.audit_log.quote_comparison import QuoteComparison
from cloud.booking.orders.line_comparison import BookedLineComparison
from cloud.booking.orders.placed_order_comparison import PlacedOrderComparison
from cloud.campaigns.audit_log.creative_comparisons import (
    CreativeComparison,
    CreativeTestComparison,
)
from cloud.campaigns.audit_log.delivery_comparisons import (
    GuaranteeComparison,
    LoggedPeriodComparison,
    MakeGoodComparison,
    PlayImportComparison,
)
from cloud.fleet.audit_comparisons import AllowListRows, Devices, Groups
from cloud.sales.audit_comparisons import (
    OccupancyComparison,
    OverrideComparison,
    PlanComparison,
    PriceSheetComparison,
    RateCardComparison,
)
from cloud.sales.brief_comparison import BriefComparison
from cloud.sales.proposals.proposal_comparison import ProposalComparison
from cloud.sales.retail.audit_comparisons import (
    ExperimentComparison,
    RecommendationComparison,
    RetailPriceComparison,
)
from cloud.sales.retail.rule_comparisons import RuleSetComparison, ScenarioComparison


def compare_tables(
    connection: Connection, now: datetime, others: Sequence[Comparison] = ()
) -> list[str]:
    """A sentence for each difference between the tables and the audit log.

    `others` are the comparisons of packages that import this one.
    """
    return compare_with_log(connection, now, (*_comparisons(), *others))


def _comparisons() -> Sequence[Comparison]:
    return (
        OverrideComparison(),
        RateCardComparison(),
        PlanComparison(),
        BriefComparison(),
        ProposalComparison(),
        RecommendationComparison(),
        RetailPriceComparison(),
        RuleSetComparison(),
        ScenarioComparison(),
        ExperimentComparison(),
        KeyComparison(),
        AccountComparison(),
        BrandComparison(),
        UserComparison(),
        OccupancyComparison(),
        PriceSheetComparison(),
        OrderComparison(),
        DocumentComparison(),
        LedgerComparison(),
        PaymentComparison(),
        PlacedOrderComparison(),
        BookedLineComparison(),
        QuoteComparison(),
        PackageComparison(),
        HoldComparison(),
        BlackoutComparison(),
        compare_products(),
        compare_dayparts(),
        compare_restrictions(),
        CreativeComparison(),
        CreativeTestComparison(),
        GuaranteeComparison(),
        MakeGoodComparison(),
        PlayImportComparison(),
        LoggedPeriodComparison(),
        Devices(),
        AllowListRows(),
        MuteComparison(),
        Groups(),
    )
