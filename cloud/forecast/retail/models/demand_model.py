"""The interface of a demand model: log units of weeks at given prices and promotions."""

from typing import Protocol

from cloud.forecast.retail.panel import Floats, SalesPanel


class FittedDemand(Protocol):
    """A model that has learnt from past weeks."""

    def predict_log_units(self, panel: SalesPanel) -> Floats:
        """The median log units of each row: its prices and promotions are used, never its units.

        NaN for a product in a store that the model has not learnt from. `panel` has the prices of
        all products in its weeks.
        """


class DemandModel(Protocol):
    """Fits on usable weeks (`SalesPanel.select_usable`) of a panel."""

    @property
    def name(self) -> str:
        """Its name in the registry."""

    def fit(self, panel: SalesPanel) -> FittedDemand:
        """The fitted model; it sees no later week than those of the panel."""
