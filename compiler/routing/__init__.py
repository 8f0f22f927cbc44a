"""Routing: make every operation on two modes act on neighbours of a device, by beamsplitter swaps."""

from compiler.routing.coupling import Coupling
from compiler.routing.swaps import Routed, apart, not_neighbours, route

__all__ = ["Coupling", "Routed", "apart", "not_neighbours", "route"]
