"""Route for the coupling of a device: swaps until every operation on two modes acts on neighbours."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuit import Circuit
from compiler.passes.base import PassResult, Promise
from compiler.routing.coupling import Coupling
from compiler.routing.swaps import route
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class Route:
    """Insert beamsplitter swaps (`compiler.routing.route`). Exact.

    A circuit whose operations all act on neighbours is left as it is. Interferometers on three modes or more must have
    been decomposed. Idempotent where no swap crosses a site whose mode was measured.

    Parameters
    ----------
    coupling : Coupling
    sites : tuple of int, optional
        The site of every mode; by default a placement is searched for, and stands in the report.
    """

    coupling: Coupling
    sites: tuple[int, ...] | None = None
    name: str = "route"
    promise: Promise = Promise.EXACT

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Route the circuit."""
        found = route(circuit, self.coupling, sites=self.sites)
        report = (
            f"{len(found.swaps)} swaps for {found.two_mode_before} operations on two modes "
            f"({found.overhead:.2f} each), depth {found.depth_before} became {found.depth}, "
            f"sites {', '.join(map(str, found.sites))}"
        )
        return PassResult(found.circuit, report)
