"""Reasons for operations that no device which only counts photons of Gaussian light can run."""

from __future__ import annotations

from compiler.decompositions.undecomposed import undecomposed
from compiler.errors import ELSEWHERE, InputError, MappingReason
from compiler.ir.circuit import Circuit
from compiler.ir.operations import NOISE, Displacement, Homodyne, Operation, PolynomialPhase, phase_degree, used
from hardware_profiles.schema import Profile

LEVEL_TOLERANCE = 1e-5
"""A squeezing parameter this close to a level counts as that level: the tolerance of Strawberry Fields' ranges."""


def refused_operations(circuit: Circuit) -> list[MappingReason]:
    """Return reasons for every operation that a Gaussian photon-counting device lacks, in order of time.

    Such a device squeezes, interferes and counts: no displacement, no homodyne detector, no feed-forward, no
    non-Gaussian gate, and no loss of the user's choice.

    Examples
    --------
    >>> refused_operations(Circuit(1, (Homodyne((0,), 0.0, "y"),)))[0].reason
    'the device counts photons and has no homodyne detector'
    """
    reasons = []
    if circuit.symbols:
        names = ", ".join(circuit.symbols)
        reasons.append(MappingReason("the circuit", f"has free parameters {names}", "bind them first"))
    for index, op in enumerate(circuit.operations):
        where = f"operation {index} {op}"
        if (absent := undecomposed(op, where, "photon counters")) is not None:
            reasons.append(absent)
        elif (found := _refused(op, set(circuit.symbols))) is not None:
            reasons.append(MappingReason(where, *found))
    return reasons


def _refused(op: Operation, symbols: set[str]) -> tuple[str, str] | None:
    """Return the reason and the advice."""
    if isinstance(op, NOISE):
        return "the loss and noise of a device are its own and are not programmed", "leave it out of the program"
    if isinstance(op, Homodyne):
        advice = "use a profile with homodyne readout, or prepare the state only (--readout none)"
        return "the device counts photons and has no homodyne detector", advice
    if results := used(op) - symbols:
        return f"it depends on {', '.join(sorted(results))}, and the device has no feed-forward", "use a number"
    degree = phase_degree(op)
    if not op.gaussian and (degree is None or degree > 2):
        of_edges = isinstance(op, PolynomialPhase) and len(op.modes) > 1
        advice = "keep edges of order k = 2 only" if of_edges else ELSEWHERE
        return "it is not Gaussian, and the device has no non-Gaussian gate", advice
    if isinstance(op, Displacement) and (op.x, op.p) != (0.0, 0.0):
        return "the device has no displacement", "leave it out: a mean does not change the covariance"
    return None


def missing_part(profile: Profile, what: str) -> InputError:
    """Say that a profile of a photon counter lacks a part that machines of its kind need."""
    kind = profile.topology.kind
    return InputError(f"profile {profile.name}: a photon counter with topology {kind!r} needs {what}")
