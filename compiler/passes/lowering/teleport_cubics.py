r"""Teleport cubic gates where the profile has resource states instead of a native cubic gate.

An ancilla in `PrepareCubic` (a cubic gate on a momentum-squeezed state), ``ControlledX(-1)`` from the data to the
ancilla, homodyne x of the ancilla with result m. Then ``x_a = m + x``, so the data has received ``gamma (x + m)^3 /
3``, and

``Shear(-2 gamma m)``, ``Displacement(p = -gamma m^2)``

leave ``gamma x^3 / 3``. The momentum of the data also receives the ancilla's nullifier ``p_a - gamma x_a^2`` as noise,
of variance ``e^{-2r}``. (D. Gottesman, A. Kitaev and J. Preskill, Phys. Rev. A 64, 012310 (2001), introduced the
gadget.)
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.errors import MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import ControlledX, CubicPhase, Displacement, Homodyne, Operation, PrepareCubic, Shear
from compiler.ir.polynomial import Polynomial, Variable
from compiler.passes.base import Guarantee, PassResult
from hardware_profiles.schema import Availability, Profile


@dataclass(frozen=True, slots=True)
class TeleportCubics:
    """Replace every cubic gate by its gadget, if the profile lists CubicPhase as teleported. Idempotent.

    Every data mode has an ancilla of its own, prepared again for each gate, so that gates side by side stay so. The
    squeezing of the resource is the profile's limit.

    Raises
    ------
    NotMappableError
        If the profile does not state the squeezing of its resource states.
    """

    name: str = "teleport_cubics"
    guarantee: Guarantee = Guarantee.IDEAL_RESOURCES

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Teleport the gates."""
        spec = profile.operations.get("CubicPhase")
        gates = [op for op in circuit.operations if isinstance(op, CubicPhase)]
        if spec is None or spec.availability is not Availability.TELEPORTED or not gates:
            return PassResult(circuit, "no gate to teleport")
        r = resource_squeezing(profile)
        ancilla = {m: circuit.modes + i for i, m in enumerate(sorted({op.modes[0] for op in gates}))}
        taken = {*circuit.results, *circuit.symbols}
        names = (f"cubic{i}" for i in range(len(gates) + len(taken)) if f"cubic{i}" not in taken)
        out: list[Operation] = []
        for op in circuit.operations:
            if isinstance(op, CubicPhase):
                out += teleported(op, ancilla[op.modes[0]], r, next(names))
            else:
                out.append(op)
        new = Circuit(
            circuit.modes + len(ancilla), tuple(out), circuit.ancillas + tuple(ancilla.values()), circuit.symbols
        )
        return PassResult(new, f"teleported {len(gates)} cubic gates with {len(ancilla)} ancillas, r = {r:g}")


def resource_squeezing(profile: Profile) -> float:
    """Return the squeezing parameter of the profile's cubic resource states: its limit."""
    limit = profile.limit("PrepareCubic", "r")
    if limit is None:
        reason = MappingReason(
            "CubicPhase",
            "it is teleported, and the profile does not state the squeezing of the resource states",
            "give operations.PrepareCubic.ranges.r.maximum in the profile",
        )
        raise NotMappableError(profile.name, (reason,))
    return limit


def teleported(gate: CubicPhase, ancilla: int, r: float, result: str) -> list[Operation]:
    """Return the gadget of one cubic gate."""
    (mode,) = gate.modes
    gamma = gate.gamma
    return [
        PrepareCubic((ancilla,), gamma, r),
        ControlledX((mode, ancilla), -1.0),
        Homodyne((ancilla,), 0.0, result),
        Shear((mode,), _times(gamma, -2.0, result, 1)),
        Displacement((mode,), 0.0, _times(gamma, -1.0, result, 2)),
    ]


def _times(gamma: float | Polynomial, factor: float, name: str, power: int) -> Polynomial:
    terms = gamma.terms if isinstance(gamma, Polynomial) else {(): gamma}
    total = Polynomial()
    for key, c in terms.items():
        variables: list[Variable] = [v for v, q in key for _ in range(q)]
        total = total + Polynomial.monomial([*variables, *[name] * power], factor * c)
    return total
