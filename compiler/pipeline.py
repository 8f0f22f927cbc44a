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
from hardware_profiles.display import Drawable
from hardware_profiles.schema import Profile

ROUNDING = 1e-6
"""Largest residual that the rounding of ill-conditioned gates explains; a wrong gate gives a larger one."""


ILL_SQUEEZING = 8.0
"""In-line squeezing r above which rounding grows by e^{2r} > 1e6, so that a residual is no evidence of a defect."""


ILL_GROWTH = 1e6
"""Growth of intermediate values, relative to the inputs, above which rounded parameters make a different program."""


class MiscompilationError(RuntimeError):
    """The compiled circuit differs from its source: this is a defect of the compiler, never of the input."""


@dataclass(frozen=True, slots=True)
class PassRecord:
    """One pass, as the certificate lists it."""

    name: str
    guarantee: str
    report: str

    def to_json(self) -> dict[str, str]:
        """Return plain data; certificates call the guarantee ``promise``."""
        return {"name": self.name, "promise": self.guarantee, "report": self.report}


@dataclass(frozen=True, slots=True, repr=False)
class CompiledProgram(Drawable):
    """A native circuit with its source, profile, passes, costs and proof.

    ``draw()`` returns a drawing of the native circuit; a notebook shows it with the costs and the proof.

    Attributes
    ----------
    source, circuit : Circuit
        The circuit before and after compilation. Modes that the compiler added come last and are ancillas.
    profile : Profile
    passes : tuple of PassRecord
        The passes that were run, in order.
    strategies : tuple of StrategyRow
        The outcome of every synthesis strategy for each connected component of each phase.
    resources : Resources
        Costs of ``circuit``.
    verification : Equivalence
        Verdict of the machine's comparison (`method`) of source and circuit; it is always positive.
    seconds : float
        Wall time of passes, layout and verification.
    layout : Layout or None
        Placement of the circuit on a machine that needs more than a list of gates.
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

    def __repr__(self) -> str:
        gates = sum(not op.gaussian for op in self.circuit.operations)
        return (
            f"<CompiledProgram for {self.profile.name}: {self.circuit.modes} modes, "
            f"{len(self.circuit.operations)} operations ({gates} non-Gaussian), depth {self.resources.depth}, "
            f"{'equal' if self.verification.equivalent else 'not equal'} to its source>"
        )

    @property
    def method(self) -> str:
        """Method by which the circuit was compared with its source."""
        return machine_of(self.profile).method

    @property
    def unverified(self) -> tuple[str, ...]:
        """Unverified numbers of the profile that enter costs, times and noise."""
        return unverified_numbers(self.circuit, self.profile)

    @property
    def heralding(self) -> tuple[Multiplexing, ...]:
        """Sources that the heralded states of ``circuit`` need; empty if no state is heralded."""
        return multiplexing(self.circuit, self.profile)

    @property
    def schedule(self) -> Schedule:
        """The as-soon-as-possible schedule of ``circuit`` with the durations of the profile."""
        return asap(self.circuit, self.profile)

    @property
    def strategy(self) -> str:
        """Names of the chosen strategies, that with most gates first; ``none`` for circuits without cubic phases."""
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
    """Compile a circuit to the native operations of a profile, and prove that the result equals the circuit.

    Parameters
    ----------
    circuit : Circuit
        It must not contain noise operations.
    profile : Profile
    passes : tuple of Pass, optional
        Passes to run in this order, instead of those of the profile's machine (`compiler.machines`). The circuit is
        checked after each pass.
    options : SynthesisOptions, optional
        Objective, effort, seed and strength cap of the synthesis.
    digits : int, optional
        Decimal digits of the verification; by default it uses float64, and more digits where float64 cannot decide.
    progress : callable, optional
        Called with one line before every search and before the verification.
    settings : object, optional
        The machine's own settings, such as `compiler.machines.IonSettings`; None for its defaults.

    Raises
    ------
    NotMappableError
        If the profile cannot run the circuit; the error holds the reasons.
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
        names = ", ".join(polynomial.names)
        raise CircuitError(f"the variables of the polynomial must be numbers of modes, found the names {names}")
    gate = phase(polynomial)
    size = max(gate.modes, default=-1) + 1 if modes is None else modes
    return compile_circuit(Circuit(size, (gate,) if gate.modes else ()), profile, options=options)


def verified(
    source: Circuit, native: Circuit, digits: int | None = None, comparison: Comparison | None = None
) -> Equivalence:
    """Compare a native circuit with its source, and return the verdict if they are equal.

    By default they are compared as circuits without noise; ``comparison`` replaces this comparison.

    Raises
    ------
    CircuitError
        If a circuit contains noise. Also if the circuits differ and rounding explains the difference: rounding the
        parameters alone makes as large a difference (``Equivalence.rounding``), or intermediate values grow too much.
    MiscompilationError
        If the circuits differ and rounding does not explain the difference.
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
            f"the compiled circuit may differ from its source by at most {verdict.tolerance:.0e}, found "
            f"{verdict.residual:.1e} ({verdict.precision}): it is ill-conditioned (its values grow up to "
            f"{verdict.growth:.1e} times, and in-line squeezing reaches r = {squeezing:.3g}), and {cause}; scale the "
            "weights, shifts or angles down"
        )
    what = "differs from its source" if verdict.decided else "could not be proved equal to its source"
    raise MiscompilationError(f"the compiled circuit {what}: {verdict.reason}; please report this circuit")
