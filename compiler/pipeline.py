"""Compile a circuit for a profile: run the passes, check the mapping, verify the result."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from compiler.circuit import Circuit
from compiler.errors import CircuitError, NotMappableError
from compiler.mapping import unmappable
from compiler.passes.base import Pass
from compiler.passes.drop_trivial import DropTrivial
from compiler.passes.interferometer_mesh import InterferometerMesh
from compiler.passes.lower_controlled import LowerControlled
from compiler.passes.lower_phases import LowerPhases
from compiler.passes.merge_phases import MergePhases
from compiler.resources import Resources, resources
from compiler.verify import Equivalence, compare
from hardware_profiles.schema import Profile

DEFAULT_PASSES: tuple[Pass, ...] = (
    MergePhases(),
    LowerPhases(),
    InterferometerMesh(),
    LowerControlled(),
    DropTrivial(),
)
"""From logical operations to the native set."""


ROUNDING = 1e-6
"""A residual between the tolerance and this is rounding of ill-conditioned gates; a wrong gate gives more."""


ILL_SQUEEZING = 8.0
"""In-line squeezing beyond this multiplies rounding by e^{2r} > 1e6, so that no residual is evidence of a defect."""


class MiscompilationError(RuntimeError):
    """The compiled circuit is not the source: a defect of the compiler, never of the input."""


@dataclass(frozen=True, slots=True)
class PassRecord:
    """One line of a certificate."""

    name: str
    promise: str
    report: str


@dataclass(frozen=True, slots=True)
class CompiledProgram:
    """A native circuit with its source, profile, passes, costs and proof.

    Attributes
    ----------
    source, circuit : Circuit
        Before and after.
    profile : Profile
    passes : tuple of PassRecord
        What was done, in order.
    resources : Resources
        Costs of ``circuit``.
    verification : Equivalence
        Verdict of `compiler.verify.compare` on source and circuit; always positive.
    seconds : float
        Wall time of passes and verification.
    """

    source: Circuit
    circuit: Circuit
    profile: Profile
    passes: tuple[PassRecord, ...]
    resources: Resources
    verification: Equivalence
    seconds: float


def compile_circuit(circuit: Circuit, profile: Profile, passes: tuple[Pass, ...] = DEFAULT_PASSES) -> CompiledProgram:
    """Compile a circuit to the native operations of a profile and prove the result equal.

    Parameters
    ----------
    circuit : Circuit
        Without noise operations.
    profile : Profile
    passes : tuple of Pass
        Run in order; the intermediate representation is checked after each.

    Raises
    ------
    NotMappableError
        If the profile cannot run it; the error carries the reasons.
    CircuitError
        If float64 cannot hold the circuit: its numbers overflow, or its gates are so ill-conditioned that rounding
        alone exceeds the tolerance of the proof.
    MiscompilationError
        If the result is not equal to the source.

    Examples
    --------
    >>> from compiler import Circuit, Polynomial, phase
    >>> from hardware_profiles import load_profile
    >>> edge = Circuit(3, (phase(Polynomial.monomial((0, 1, 2), 0.3)),))
    >>> compile_circuit(edge, load_profile("ideal-cubic")).resources.counts
    {'beam_splitter': 8, 'cubic_phase': 4}
    """
    start = perf_counter()
    current = circuit
    records: list[PassRecord] = []
    for step in passes:
        result = step(current, profile)
        current = result.circuit
        records.append(PassRecord(step.name, step.promise.value, result.report))
    if reasons := unmappable(current, profile):
        raise NotMappableError(profile.name, reasons)
    verdict = compare(circuit, current)
    if verdict.overflow:
        raise CircuitError("verification overflows float64; scale the weights, shifts or squeezing of the circuit down")
    squeezing = resources(current).largest_squeezing
    if not verdict.equivalent and (verdict.residual <= ROUNDING or squeezing > ILL_SQUEEZING):
        raise CircuitError(
            f"the compiled circuit agrees with its source only to {verdict.residual:.1e}, which must be at most "
            f"{verdict.tolerance:.0e}: its gates are ill-conditioned in float64 (in-line squeezing up to "
            f"r = {squeezing:.3g}); scale the weights down"
        )
    if not verdict.equivalent:
        raise MiscompilationError(
            f"the compiled circuit differs from its source: {verdict.reason}; please report this circuit"
        )
    return CompiledProgram(
        circuit, current, profile, tuple(records), resources(current), verdict, perf_counter() - start
    )
