"""A chain: everything about it that does not depend on what it sells."""

from dataclasses import dataclass

from simulators.shops.competitors import draw_competitor_prices
from simulators.shops.options import ChainOptions, Ints
from simulators.shops.price_paths import PricePaths, draw_price_paths
from simulators.shops.products import Products, draw_products
from simulators.shops.responses import Responses, draw_responses
from simulators.shops.stores import Stores, draw_stores


@dataclass(frozen=True, slots=True)
class Chain:
    """Stores, products, the true responses of demand, and the prices of every day."""

    options: ChainOptions
    stores: Stores
    products: Products
    responses: Responses
    paths: PricePaths
    competitor_minor: Ints  # by day, product and region


def draw_chain(options: ChainOptions) -> Chain:
    """The chain of these options: always the same."""
    stores, products = draw_stores(options), draw_products(options)
    paths = draw_price_paths(options, products)
    return Chain(
        options,
        stores,
        products,
        draw_responses(options, stores, products),
        paths,
        draw_competitor_prices(options, products, paths),
    )
