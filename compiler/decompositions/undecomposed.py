"""Operations that cannot be decomposed into gates: non-Gaussian states, some readouts, chosen outcomes."""

from __future__ import annotations

from typing import Literal

from compiler.errors import MappingReason
from compiler.ir import operations as ops
from compiler.ir.operations import Operation

Detectors = Literal["homodyne", "photon counters", "spins", "none"]
"""The detectors with which a machine reads its modes."""

STATE_ONLY = "prepare the state only (--readout none)"

BY_SPIN = "read a quadrature (Homodyne), by one bit per shot through the spin (--readout spin)"


def undecomposed(op: Operation, where: str, detectors: Detectors) -> MappingReason | None:
    """Give the reason why a machine that lacks an operation cannot run it; None for operations that lower to others.

    Parameters
    ----------
    op : Operation
    where : str
        Name of the operation in the reason.
    detectors : str
        The detectors of the machine.

    Examples
    --------
    >>> undecomposed(ops.PrepareFock((0,), 1), "operation 0", "homodyne").reason
    'the state of 1 photon needs a source of single photons, which the profile does not offer'
    >>> undecomposed(ops.Rotation((0,), 0.1), "operation 0", "homodyne")
    """
    match op:
        case ops.PrepareFock(n=0):
            reason = "the state of 0 photons is the vacuum"
            return MappingReason(where, reason, "use PrepareVacuum, which is the same state")
        case ops.PostSelect():
            return MappingReason(where, "no machine can choose an outcome", _instead_of_choosing(detectors))
        case ops.PhotonCount():
            return MappingReason(where, *_counted(detectors))
        case ops.DisplacementReadout():
            reason = "no spin or qubit of the profile controls a displacement, and a GKP ancilla would have to stand in"
            return MappingReason(where, reason, _instead_of_a_displacement(detectors))
        case _ if isinstance(op, ops.STATES):
            return MappingReason(where, f"{_needs(op)}, which the profile does not offer", "prepare the mode squeezed")
    return None


def _needs(op: Operation) -> str:
    match op:
        case ops.PrepareFock(n=n):
            return f"the state of {n} photon{'s' * (n > 1)} needs a source of single photons"
        case ops.PrepareCat():
            return "a cat state needs a source of its own (photon subtraction, a Kerr medium or a spin that makes it)"
        case ops.PrepareGKP():
            return "a GKP state needs a source of its own (photon counters or a spin that make it)"
        case ops.PrepareKet():
            return "a state of given Fock amplitudes needs a source of its own"
    return "a state of a given density matrix needs a source of its own"


def _instead_of_choosing(detectors: Detectors) -> str:
    """Return the advice for a chosen outcome."""
    match detectors:
        case "homodyne":
            return "read the mode (Homodyne) and keep the shots near the value"
        case "spins":
            return f"{BY_SPIN}, or leave it out"
        case "photon counters":
            return "read the mode on a profile with homodyne readout and keep the shots near the value, or leave it out"
    return "leave it out"


def _instead_of_a_displacement(detectors: Detectors) -> str:
    """Return the advice for a displacement that is read by a bit."""
    spins = "compile it for a machine with a spin (--profile trapped-ion-motional)"
    match detectors:
        case "homodyne":
            return f"{spins}, or read quadratures (Homodyne)"
        case "spins":
            return f"{spins}, or {BY_SPIN}"
    return f"{spins}, or {STATE_ONLY}"


def _counted(detectors: Detectors) -> tuple[str, str]:
    """Return the reason and advice for a photon count."""
    match detectors:
        case "homodyne":
            return "homodyne detectors cannot count photons", "read a quadrature instead (Homodyne)"
        case "spins":
            reason = "there is no photon counter: the motion is read through the spin, one bit per shot"
            return reason, f"{BY_SPIN}, or {STATE_ONLY}"
        case "photon counters":
            return "every mode is counted anyway", "leave the readouts out (khrnn compile --readout none)"
    return "the machine has no photon counter", STATE_ONLY
