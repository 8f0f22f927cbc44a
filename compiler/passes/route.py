"""Route for the coupling of a device: swaps until every operation on two modes acts on neighbours."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuit import Circuit
from compiler.errors import CircuitError
from compiler.passes.base import PassResult, Promise
from compiler.routing.coupling import Coupling, Placement
from compiler.routing.swaps import apart, route
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class Route:
    """Insert beamsplitter swaps (`compiler.routing.route`). Exact.

    A circuit whose operations all act on neighbours is left as it is. Interferometers on three modes or more must have
    been decomposed. Idempotent where no swap crosses a site whose mode was measured.

    Parameters
    ----------
    coupling : Coupling, optional
        By default that of the profile (`coupling_of`).
    """

    coupling: Coupling | None = None
    name: str = "route"
    promise: Promise = Promise.EXACT

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Route the circuit."""
        coupling = self.coupling or coupling_of(profile, circuit.modes)
        if coupling is None:
            return PassResult(circuit, "all modes are neighbours")
        if circuit.modes > coupling.sites:
            return PassResult(circuit, f"{circuit.modes} modes do not fit on {coupling.sites} sites")
        if not apart(circuit, coupling):
            placement = Placement(coupling.sites, tuple(range(circuit.modes)))
            return PassResult(circuit, "all operations act on neighbours as they are", placement=placement)
        try:
            found = route(circuit, coupling)
        except CircuitError as error:  # the mapping names the operations
            return PassResult(circuit, f"not routed: {error}")
        report = (
            f"{len(found.swaps)} swaps for {found.two_mode_before} operations on two modes "
            f"({found.overhead:.2f} each), depth {found.depth_before} became {found.depth}, "
            f"sites {', '.join(map(str, found.sites))}"
        )
        return PassResult(found.circuit, report, placement=Placement(coupling.sites, found.sites))


def coupling_of(profile: Profile, modes: int) -> Coupling | None:
    """Which modes of a profile are neighbours; None if all are. A line or ring is as long as the circuit, if unbounded.

    >>> from hardware_profiles import load_profile
    >>> coupling_of(load_profile("photonic-cubic"), 4) is None
    True
    """
    topology = profile.topology
    size = max(modes, 1) if topology.max_modes is None else int(topology.max_modes.value)
    if topology.kind in ("line", "ring"):
        return Coupling.of(topology.kind, size)
    if topology.kind == "pairs":
        pairs = {(min(pair), max(pair)) for pair in topology.pairs}
        return Coupling(max(size, 1 + max(b for _, b in pairs)), tuple(sorted(pairs)))
    return None
