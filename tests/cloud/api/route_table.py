"""Every route of the API, also those of routers that another router includes."""

from typing import Final

from fastapi.routing import APIRoute, iter_route_contexts

from cloud.api.application import ROUTE_MODULES

_TOP: Final = [route for module in ROUTE_MODULES for route in module.router.routes]
ALL_ROUTES: Final = [one.original_route for one in iter_route_contexts(_TOP)]
API_ROUTES: Final = [one for one in ALL_ROUTES if isinstance(one, APIRoute)]
