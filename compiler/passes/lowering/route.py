"""Route for the coupling of a device: swaps until every operation on two modes acts on neighbours."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.errors import CircuitError
from compiler.ir.circuit import Circuit
from compiler.passes.base import Guarantee, PassResult
from compiler.routing.coupling import Coupling, Placement, coupling_of
from compiler.routing.swaps import apart, route
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class Route:
    """Insert beamsplitter swaps until every operation on two modes acts on neighbours (`compiler.routing.route`).

    A circuit whose operations all act on neighbours is left as it is. Interferometers on three modes or more must have
    been decomposed. Idempotent where no swap crosses a site whose mode was measured.

    Parameters
    ----------
    coupling : Coupling, optional
        Neighbours of the device; by default those of the profile (`coupling_of`).
    """

    coupling: Coupling | None = None
    name: str = "route"
    guarantee: Guarantee = Guarantee.EXACT

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Route the circuit."""
        coupling = self.coupling or coupling_of(profile, circuit.modes)
        if coupling is None:
            return PassResult(circuit, "all modes are neighbours")
        if circuit.modes > coupling.sites:
            return PassResult(circuit, f"{circuit.modes} modes do not fit on {coupling.sites} sites")
        if not apart(circuit, coupling):
            placement = Placement(coupling.sites, tuple(range(circuit.modes)))
            return PassResult(circuit, "all operations act on neighbours as they are", (placement,))
        try:
            found = route(circuit, coupling)
        except CircuitError as error:  # the mapping names the operations
            return PassResult(circuit, f"not routed: {error}")
        report = (
            f"{len(found.swaps)} swaps for {found.two_mode_before} operations on two modes "
            f"({found.overhead:.2f} each), depth {found.depth_before} became {found.depth}, "
            f"sites {', '.join(map(str, found.sites))}"
        )
        return PassResult(found.circuit, report, (Placement(coupling.sites, found.sites),))
