r"""Squeeze by measurement, where the profile has squeezed light, homodyne and feed-forward, but no in-line squeezer.

For ``r > 0`` (x shrinks) the data meets an ancilla squeezed in x on a beamsplitter with ``cos(theta) = e^{-r}``; p of
the ancilla is measured, with result m, and ``Displacement(p = tan(theta) m)`` follows. With c = cos(theta), s =
sin(theta), (x_a, p_a) the ancilla,

``x -> c x - s x_a``, ``p -> c p - s p_a + (s / c)(c p_a + s p) = p / c``,

that is ``Squeeze(r)`` and ``-s x_a``, a noise in x of variance ``(1 - e^{-2r}) e^{-2 r_a}``, which vanishes for an
ideal ancilla. For ``r < 0`` x and p change places. (R. Filip, P. Marek and U. L. Andersen, Phys. Rev. A 71, 042308
(2005).)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import acos, exp, expm1, inf, pi, tan

from compiler.errors import CircuitError, MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.ir.operations import BeamSplitter, Displacement, Homodyne, Operation, PrepareSqueezed, Squeeze
from compiler.ir.polynomial import Polynomial
from compiler.passes.base import Guarantee, PassResult
from hardware_profiles.schema import Availability, Profile


@dataclass(frozen=True, slots=True)
class MeasureSqueezing:
    """Replace every `Squeeze` by its gadget, if the profile lists Squeeze as teleported. Idempotent.

    Every data mode has an ancilla of its own, prepared again for each gate. Strengths that hold symbols are left, to be
    replaced with their values.

    Parameters
    ----------
    ancilla_r : float, optional
        Squeezing of the ancillas, above 0; by default the profile's limit for `PrepareSqueezed`.

    Raises
    ------
    NotMappableError
        If a strength depends on a result (the beamsplitter of the gadget would depend on it too), or the squeezing of
        the ancillas is not known.
    """

    ancilla_r: float | None = None
    name: str = "measured_squeezing"
    guarantee: Guarantee = Guarantee.IDEAL_RESOURCES

    def __post_init__(self) -> None:
        if self.ancilla_r is not None and not 0.0 < self.ancilla_r < inf:
            raise CircuitError(f"the squeezing of ancillas must be a finite number > 0, found {self.ancilla_r}")

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Replace the gates."""
        spec = profile.operations.get("Squeeze")
        if spec is None or spec.availability is not Availability.TELEPORTED:
            return PassResult(circuit, "no gate to replace")
        gates = _gates(circuit, profile)
        if not gates:
            return PassResult(circuit, "no gate to replace")
        r_a = self.ancilla_r if self.ancilla_r is not None else _ancilla_squeezing(profile)
        ancilla = {m: circuit.modes + i for i, m in enumerate(sorted({mode for mode, _ in gates.values()}))}
        taken = {*circuit.results, *circuit.symbols}
        names = (f"squeeze{i}" for i in range(len(gates) + len(taken)) if f"squeeze{i}" not in taken)
        out: list[Operation] = []
        noise = 0.0
        for index, op in enumerate(circuit.operations):
            if index in gates:
                mode, r = gates[index]
                out += measured_squeeze(mode, r, ancilla[mode], r_a, next(names))
                noise += added_variance(r, r_a)
            else:
                out.append(op)
        new = Circuit(
            circuit.modes + len(ancilla), tuple(out), circuit.ancillas + tuple(ancilla.values()), circuit.symbols
        )
        report = (
            f"measured {len(gates)} squeezers with {len(ancilla)} ancillas, r = {r_a:g}, added variance {noise:.4g}"
        )
        return PassResult(new, report)


def measured_squeeze(mode: int, r: float, ancilla: int, ancilla_r: float, result: str) -> list[Operation]:
    """Return the gadget of one ``Squeeze(r)``.

    >>> [type(op).__name__ for op in measured_squeeze(0, 0.3, 1, 1.5, "m")]
    ['PrepareSqueezed', 'BeamSplitter', 'Homodyne', 'Displacement']
    """
    theta = acos(exp(-abs(r)))
    kick = Polynomial.monomial((result,), tan(theta))
    steps: list[Operation] = [
        PrepareSqueezed((ancilla,), ancilla_r if r > 0.0 else -ancilla_r),
        BeamSplitter((mode, ancilla), theta),
        Homodyne((ancilla,), pi / 2 if r > 0.0 else 0.0, result),
        Displacement((mode,), 0.0, kick) if r > 0.0 else Displacement((mode,), kick, 0.0),
    ]
    return steps


def added_variance(r: float, ancilla_r: float, ancilla_eta: float = 1.0) -> float:
    r"""Return the variance that the gadget adds to the squeezed quadrature.

    .. math:: (1 - e^{-2|r|}) (\eta e^{-2 r_a} + 1 - \eta)

    with vacuum variance 1, for an ancilla of squeezing r_a that crossed a channel of transmission eta.

    >>> round(added_variance(0.5, 1.0), 4)
    0.0855
    """
    return VACUUM_VARIANCE * -expm1(-2.0 * abs(r)) * (ancilla_eta * exp(-2.0 * ancilla_r) + 1.0 - ancilla_eta)


def detector_variance(r: float, detector_eta: float) -> float:
    r"""Return the variance that an inefficient detector adds to the other quadrature, where m is divided by sqrt(eta).

    .. math:: (e^{2|r|} - 1) (1 / \eta - 1)
    """
    return VACUUM_VARIANCE * expm1(2.0 * abs(r)) * (1.0 / detector_eta - 1.0)


def _gates(circuit: Circuit, profile: Profile) -> dict[int, tuple[int, float]]:
    """Return the squeezers to replace: index, with mode and strength. Raises NotMappableError for impossible ones."""
    found: dict[int, tuple[int, float]] = {}
    reasons: list[MappingReason] = []
    for index, op in enumerate(circuit.operations):
        if not isinstance(op, Squeeze):
            continue
        if not isinstance(op.r, Polynomial):
            if op.r:
                found[index] = op.modes[0], float(op.r)
        elif not set(circuit.symbols).issuperset(op.r.names):
            depends = f"its strength depends on {', '.join(op.r.names)}"
            reason = f"{depends}, and its gadget has no feed-forward of beamsplitters"
            reasons.append(MappingReason(f"operation {index} {op}", reason, "use a number"))
    if reasons:
        raise NotMappableError(profile.name, tuple(reasons))
    return found


def _ancilla_squeezing(profile: Profile) -> float:
    limit = profile.limit("PrepareSqueezed", "r")
    if limit is None:
        reason = MappingReason(
            "Squeeze",
            "it is made by measurement, and the profile does not state the squeezing of the ancillas",
            "give operations.PrepareSqueezed.ranges.r.maximum in the profile, or ancilla_r to the pass",
        )
        raise NotMappableError(profile.name, (reason,))
    return limit
