"""Routing: make every operation on two modes act on neighbours of a device, by beamsplitter swaps."""

from compiler.routing.coupling import Coupling, Placement
from compiler.routing.swaps import Routed, apart, not_neighbours, route, site_violations

__all__ = ["Coupling", "Placement", "Routed", "apart", "not_neighbours", "route", "site_violations"]
