"""Routing: make every operation on two modes act on neighbours of a device, by beamsplitter swaps."""

from compiler.routing.coupling import Coupling
from compiler.routing.swaps import Routed, apart, route

__all__ = ["Coupling", "Routed", "apart", "route"]
