"""Compile a circuit or a polynomial for a profile: run the passes, check the mapping, verify the result."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from compiler.costs.multiplexing import Multiplexing, multiplexing
from compiler.costs.resources import Resources, resources
from compiler.costs.schedule import Schedule, asap
from compiler.costs.unverified import unverified_numbers
from compiler.errors import CircuitError, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import phase
from compiler.ir.polynomial import Polynomial
from compiler.machines import Layout, Request, machine_of
from compiler.machines.machine import Comparison
from compiler.passes.base import Pass, facts_of
from compiler.semantics.equivalence import Equivalence, equivalent, refuse_noise
from compiler.semantics.methods import EXPLAINED
from compiler.synthesis.options import StrategyRow, SynthesisOptions
from compiler.typing import Say
from hardware_profiles.schema import Profile

ROUNDING = 1e-6
"""A residual between the tolerance and this is rounding of ill-conditioned gates; a wrong gate gives more."""


ILL_SQUEEZING = 8.0
"""In-line squeezing beyond this multiplies rounding by e^{2r} > 1e6, so that no residual is evidence of a defect."""


ILL_GROWTH = 1e6
"""Values on the way that are larger than this, relative to the start, turn rounded parameters into other programs."""


class MiscompilationError(RuntimeError):
    """The compiled circuit is not the source: a defect of the compiler, never of the input."""


@dataclass(frozen=True, slots=True)
class PassRecord:
    """One line of a certificate."""

    name: str
    guarantee: str
    report: str

    def to_json(self) -> dict[str, str]:
        """Plain data; certificates call the guarantee a promise."""
        return {"name": self.name, "promise": self.guarantee, "report": self.report}


@dataclass(frozen=True, slots=True)
class CompiledProgram:
    """A native circuit with its source, profile, passes, costs and proof.

    Attributes
    ----------
    source, circuit : Circuit
        Before and after. Modes that the compiler added come last, as ancillas.
    profile : Profile
    passes : tuple of PassRecord
        What was done, in order.
    strategies : tuple of StrategyRow
        What every synthesis strategy reached, by connected component of every phase.
    resources : Resources
        Costs of ``circuit``.
    verification : Equivalence
        Verdict of the machine's comparison (`method`) of source and circuit; always positive.
    seconds : float
        Wall time of passes, layout and verification.
    layout : Layout or None
        How the circuit sits on the machine, where that is more than a set of gates.
    """

    source: Circuit
    circuit: Circuit
    profile: Profile
    passes: tuple[PassRecord, ...]
    strategies: tuple[StrategyRow, ...]
    resources: Resources
    verification: Equivalence
    seconds: float
    layout: Layout | None = None

    @property
    def method(self) -> str:
        """How ``verification`` was made."""
        return machine_of(self.profile).method

    @property
    def unverified(self) -> tuple[str, ...]:
        """Unverified numbers of the profile that enter costs, times and noise."""
        return unverified_numbers(self.circuit, self.profile)

    @property
    def heralding(self) -> tuple[Multiplexing, ...]:
        """Sources that the heralded states of ``circuit`` take; empty where nothing is heralded."""
        return multiplexing(self.circuit, self.profile)

    @property
    def schedule(self) -> Schedule:
        """The as-soon-as-possible schedule of ``circuit`` with the durations of the profile."""
        return asap(self.circuit, self.profile)

    @property
    def strategy(self) -> str:
        """The strategies that were chosen, most gates first; ``none`` for circuits without cubic phases."""
        weight: dict[str, int] = {}
        for row in self.strategies:
            if row.chosen:
                weight[row.strategy] = weight.get(row.strategy, 0) + (row.cubics or 0)
        return ", ".join(sorted(weight, key=lambda name: -weight[name])) or "none"


def compile_circuit(
    circuit: Circuit,
    profile: Profile,
    passes: tuple[Pass, ...] | None = None,
    *,
    options: SynthesisOptions | None = None,
    digits: int | None = None,
    progress: Say | None = None,
    settings: object | None = None,
) -> CompiledProgram:
    """Compile a circuit to the native operations of a profile and prove the result equal.

    Parameters
    ----------
    circuit : Circuit
        Without noise operations.
    profile : Profile
    passes : tuple of Pass, optional
        Run in order, instead of those of the profile's machine (`compiler.machines`); the intermediate representation
        is checked after each.
    options : SynthesisOptions, optional
        Objective, effort, seed and strength cap of the synthesis.
    digits : int, optional
        Digits of the verification; by default float64, and more where float64 cannot decide.
    progress : callable, optional
        Called with one line before every search and before the verification.
    settings : object, optional
        The machine's own settings, such as `compiler.machines.IonSettings`; None for its defaults.

    Raises
    ------
    NotMappableError
        If the profile cannot run it; the error carries the reasons.
    CircuitError
        If the circuit has symbols or noise, or is so ill-conditioned that rounding its parameters to float64 changes
        what it computes.
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
    if circuit.symbols:
        raise CircuitError(f"symbols {list(circuit.symbols)} have no values; use compile_template, or bind them first")
    start = perf_counter()
    machine = machine_of(profile)
    machine.require_parts(profile)
    request = Request(options or SynthesisOptions(), progress, settings)
    if reasons := machine.check_source(circuit, profile, request):
        raise NotMappableError(profile.name, reasons)
    current = circuit
    records: list[PassRecord] = []
    facts: tuple[object, ...] = ()
    for step in machine.passes(request) if passes is None else passes:
        result = step(current, profile)
        current = result.circuit
        facts += result.facts
        records.append(PassRecord(step.name, step.guarantee.value, result.report))
    layout = machine.lay_out(current, profile, facts, request)
    if reasons := machine.check_native(current, profile, None if layout is None else layout.text):
        raise NotMappableError(profile.name, reasons)
    if progress is not None:
        progress(f"verification of {len(current.operations)} operations")
    verdict = verified(circuit, current, digits, machine.compare)
    return CompiledProgram(
        circuit,
        current,
        profile,
        tuple(records),
        facts_of(facts, StrategyRow),
        resources(current),
        verdict,
        perf_counter() - start,
        layout,
    )


def compile_polynomial(
    polynomial: Polynomial, profile: Profile, *, options: SynthesisOptions | None = None, modes: int | None = None
) -> CompiledProgram:
    """Compile the phase gate ``exp(i f(x) / hbar)`` of any real polynomial in positions.

    Parameters
    ----------
    polynomial : Polynomial
        Variables are mode indices. The zero polynomial gives an empty circuit.
    profile : Profile
    options : SynthesisOptions, optional
    modes : int, optional
        Number of modes; by default one more than the largest variable.

    Raises
    ------
    CircuitError, NotMappableError
        As `compile_circuit`.

    Examples
    --------
    >>> from hardware_profiles import load_profile
    >>> f = Polynomial.monomial((0, 0, 1), 0.2) + Polynomial.monomial((1, 1, 1), 0.1)
    >>> program = compile_polynomial(f, load_profile("ideal-cubic"))
    >>> program.resources.counts["cubic_phase"], program.strategy
    (2, 'waring')
    """
    if polynomial.names:
        raise CircuitError(f"the polynomial must be in modes, found the names {list(polynomial.names)}")
    gate = phase(polynomial)
    size = max(gate.modes, default=-1) + 1 if modes is None else modes
    return compile_circuit(Circuit(size, (gate,) if gate.modes else ()), profile, options=options)


def verified(
    source: Circuit, native: Circuit, digits: int | None = None, comparison: Comparison | None = None
) -> Equivalence:
    """The verdict of a comparison, if it is positive; by default of the comparison of circuits without noise.

    Raises
    ------
    CircuitError
        If a circuit contains noise; or if the circuits differ, but the rounding of parameters explains it: because it
        makes as large a difference by itself (``Equivalence.rounding``), or because values grow so much on the way.
    MiscompilationError
        If they differ otherwise.
    """
    if comparison is None:
        refuse_noise(source, native)
    verdict = (comparison or equivalent)(source, native, digits=digits)
    if verdict.equivalent:
        return verdict
    if verdict.overflow:
        raise CircuitError("verification overflows float64; scale the weights, shifts or squeezing of the circuit down")
    squeezing = resources(native).largest_squeezing
    rounded = verdict.residual <= EXPLAINED * verdict.rounding
    if rounded or verdict.residual <= ROUNDING or squeezing > ILL_SQUEEZING or verdict.growth > ILL_GROWTH:
        cause = (
            f"rounding its parameters to float64 alone changes what it computes by {verdict.rounding:.1e}"
            if rounded
            else "rounding to float64 in the passes can explain this much"
        )
        raise CircuitError(
            f"the compiled circuit agrees with its source only to {verdict.residual:.1e} ({verdict.precision}), "
            f"which must be at most {verdict.tolerance:.0e}: it is ill-conditioned (values up to {verdict.growth:.1e} "
            f"times the starting point, in-line squeezing up to r = {squeezing:.3g}), and {cause}; scale the weights, "
            "shifts or angles down"
        )
    what = "differs from its source" if verdict.decided else "could not be proved equal to its source"
    raise MiscompilationError(f"the compiled circuit {what}: {verdict.reason}; please report this circuit")
