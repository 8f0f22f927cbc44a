"""The time-domain quad-rail cluster machine: Gaussian circuits on macronodes, with the noise of its resource states."""

from compiler.quadrail.device import QuadRail
from compiler.quadrail.lower import unsupported_operations
from compiler.quadrail.placement import place
from compiler.quadrail.program import ClusterProgram, Macronode

__all__ = ["ClusterProgram", "Macronode", "QuadRail", "place", "unsupported_operations"]
