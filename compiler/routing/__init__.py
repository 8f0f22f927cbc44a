"""Routing: insert beamsplitter swaps so that every operation on two modes acts on neighbours of a device."""

from compiler.routing.coupling import Coupling, Placement
from compiler.routing.swaps import Routed, apart, not_neighbours, route, site_violations
from compiler.routing.time_bins import LoopProgram, assign_loops

__all__ = [
    "Coupling",
    "LoopProgram",
    "Placement",
    "Routed",
    "apart",
    "assign_loops",
    "not_neighbours",
    "route",
    "site_violations",
]
