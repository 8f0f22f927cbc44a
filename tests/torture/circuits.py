"""Random circuits for every profile, compiled and compared with the reference; then compiled circuits that are changed.

A circuit counts as right if the reference finds no difference, as refused if the compiler says why it cannot be mapped
or proved, and as a fault in every other case. A mutant differs from a compiled circuit in one place: it counts as right
if the checker rejects it, or if the reference finds that the change has no effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from slow_gaussian import slow_moments

from compiler.decompositions.quadratic import quadratic_gates
from compiler.errors import CircuitError, NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines import IonSettings, machine_of
from compiler.pipeline import CompiledProgram, compile_circuit
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles import Profile, load_profile, profile_names
from tests.torture.laws import deviation_of_laws
from tests.torture.phase_space import deviation, pulse_error
from tests.torture.tally import Clock, Say, Tally

SAME = 1e-9
"""Outputs that agree to this share are equal: parameters are rounded to 1e-16, and gates amplify that."""

DIFFERENT = 1e-7
"""A mutant whose outputs are off by more than this share, or the machine's own tolerance, must be rejected."""

Generator = np.random.Generator


def _value(rng: Generator, size: float = 1.0) -> float:
    return float(rng.uniform(0.05, size) * rng.choice([-1, 1]))


def _unitary(rng: Generator, n: int) -> Any:
    return np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))[0]


def _gate(rng: Generator, modes: int, degree: int, names: list[str]) -> ops.Operation:
    """A random gate; phases of at most some degree, and parameters that depend on results now and then."""
    order = [int(mode) for mode in rng.permutation(modes)]
    a, b = order[0], order[-1]

    def shift() -> ops.Parameter:
        if names and rng.random() < 0.5:
            return Polynomial.monomial((str(rng.choice(names)),) * int(rng.integers(1, 3)), _value(rng, 0.5))
        return _value(rng)

    one: list[Callable[[], ops.Operation]] = [
        lambda: ops.Rotation((a,), _value(rng, 3.0)),
        lambda: ops.Squeeze((a,), _value(rng, 0.6)),
        lambda: ops.Displacement((a,), shift(), shift()),
        lambda: ops.Shear((a,), _value(rng)),
    ]
    if modes > 1:
        one += [
            lambda: ops.BeamSplitter((a, b), _value(rng, 3.0), float(rng.choice([0.0, _value(rng, 3.0)]))),
            lambda: ops.ControlledX((a, b), _value(rng)),
            lambda: ops.ControlledZ((a, b), _value(rng)),
            lambda: ops.Interferometer(tuple(order), tuple(map(tuple, _unitary(rng, modes).tolist()))),
        ]
    if degree > 2:
        one += [
            lambda: ops.CubicPhase((a,), _value(rng, 0.4)),
            lambda: ops.PhasePower((a,), int(rng.integers(1, degree + 1)), _value(rng, 0.3)),
            *[lambda: ops.phase(_polynomial(rng, modes, degree))] * 4,
        ]
    return one[int(rng.integers(len(one)))]()


def _polynomial(rng: Generator, modes: int, degree: int) -> Polynomial:
    found = Polynomial()
    for _ in range(int(rng.integers(1, 4))):
        factors = tuple(int(m) for m in rng.integers(0, modes, int(rng.integers(2, degree + 1))))
        found += Polynomial.monomial(factors, _value(rng, 0.4))
    return found


def universal(degree: int) -> Callable[[Generator, Profile], Circuit]:
    """Preparations, gates, readouts in the middle with feed-forward, and readouts at the end."""

    def make(rng: Generator, profile: Profile) -> Circuit:
        modes = int(rng.integers(1, 6))
        out: list[ops.Operation] = []
        names: list[str] = []
        levels = _levels(profile)
        for mode in range(modes):
            if rng.random() < 0.5:
                r = float(rng.choice(levels)) if levels and rng.random() < 0.95 else _value(rng, 1.0)
                out.append(ops.PrepareSqueezed((mode,), r))
        alive = list(range(modes))
        for _ in range(int(rng.integers(1, 9))):
            if len(alive) > 1 and rng.random() < 0.15:
                mode = alive.pop(int(rng.integers(len(alive))))
                names.append(f"y{mode}")
                out.append(ops.Homodyne((mode,), float(rng.choice([0.0, np.pi / 2, _value(rng, 3.0)])), names[-1]))
            gate = _gate(rng, len(alive), degree, names)
            if isinstance(gate, ops.PolynomialPhase):
                gate = ops.phase(gate.polynomial.relabel(alive.__getitem__))
            else:
                gate = replace(gate, modes=tuple(alive[m] for m in gate.modes))
            out.append(gate)
        for mode in alive:
            if rng.random() < 0.4:
                out.append(ops.Homodyne((mode,), float(rng.choice([0.0, np.pi / 2])), f"z{mode}"))
        return Circuit(modes, tuple(out))

    return make


def _levels(profile: Profile) -> list[float]:
    """The squeezing parameters that a machine prepares, where they are few."""
    range_of_r = profile.operations["PrepareSqueezed"].ranges.get("r")
    return [level.value for level in range_of_r.levels or ()] if range_of_r is not None else []


def ionic(rng: Generator, profile: Profile) -> Circuit:
    """Squeezed states, then either Gaussian gates or phases of degree 2 to 4 on few modes."""
    modes = int(rng.integers(1, 4))
    squeezable = profile.operations["PrepareSqueezed"].modes
    out: list[ops.Operation] = [
        ops.PrepareSqueezed((m,), -float(rng.uniform(0.1, 0.6)))
        for m in range(modes)
        if not squeezable or m in squeezable
    ]
    if rng.random() < 0.4:
        out += [_gate(rng, modes, 2, []) for _ in range(int(rng.integers(1, 6)))]
    else:
        found = Polynomial()
        for _ in range(int(rng.integers(1, 3))):
            factors = tuple(int(m) for m in rng.integers(0, modes, int(rng.integers(2, 4))))
            found += Polynomial.monomial(factors, _value(rng, 0.15))
        out.append(ops.phase(found))
    return Circuit(modes, tuple(out))


def paired(rng: Generator, profile: Profile) -> Circuit:
    """Pairs of modes at the machine's levels, one unitary on both halves; now and then something else."""
    pairs = int(rng.integers(1, 5))
    out: list[ops.Operation] = []
    for mode in range(pairs):
        if rng.random() < 0.6:
            both = (mode, mode + pairs)
            out += [ops.Squeeze((mode,), 1.0), ops.Squeeze((mode + pairs,), -1.0), ops.BeamSplitter(both, np.pi / 4)]
    u = tuple(map(tuple, _unitary(rng, pairs).tolist()))
    out += [ops.Interferometer(tuple(range(pairs)), u), ops.Interferometer(tuple(range(pairs, 2 * pairs)), u)]
    if rng.random() < 0.2:
        out.append(_gate(rng, 2 * pairs, 2, []))
    return Circuit(2 * pairs, tuple(out))


def looped(rng: Generator, profile: Profile) -> Circuit:
    """Pulses squeezed at a level of the machine, beamsplitters as its loops make them; now and then something else."""
    modes = int(rng.integers(2, 7))
    level = float(rng.choice(_levels(profile)))
    out: list[ops.Operation] = [ops.PrepareSqueezed((m,), level) for m in range(modes)]
    for later in range(1, modes):
        if rng.random() < 0.7:
            out.append(ops.BeamSplitter((later - 1, later), float(rng.uniform(0.0, np.pi / 2)), 0.0))
    if rng.random() < 0.2:
        out.append(_gate(rng, modes, 2, []))
    return Circuit(modes, tuple(out))


KINDS: dict[str, Callable[[Generator, Profile], Circuit]] = {
    "Gates": universal(4),
    "Cluster": universal(2),
    "Ions": ionic,
    "Pairs": paired,
    "Loops": looped,
}
"""Circuits that have a chance, by the kind of machine."""

OPTIONS = SynthesisOptions(effort=0.0)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled circuit, and what the reference says of a native circuit in its place."""

    program: CompiledProgram
    by_state: bool

    def off(self, native: Circuit) -> float:
        """How far a native circuit is from the source."""
        if self.by_state:
            return state_deviation(self.program.source, native)
        return deviation(self.program.source, native)

    def laws_off(self, native: Circuit) -> float:
        """How far the laws of a native circuit are from the source's."""
        return self.off(native) if self.by_state else deviation_of_laws(self.program.source, native)


def state_deviation(source: Circuit, native: Circuit) -> float:
    """The largest difference of what two Gaussian circuits make of the vacuum, over the largest covariance."""
    gates = tuple(gate for op in source.operations for gate in quadratic_gates(op))
    (_, m, v), (_, mm, vv) = (
        slow_moments(c, np.zeros(2 * c.modes), np.eye(2 * c.modes)) for c in (source.with_operations(gates), native)
    )
    if native.modes > source.modes:
        kept = [i for part in range(2) for i in _sorted_places(native.modes, source.modes, part)]
        mm, vv = mm[kept], vv[np.ix_(kept, kept)]
    return float(max(np.abs(v - vv).max(initial=0.0), np.abs(m - mm).max(initial=0.0)) / max(1.0, np.abs(v).max()))


def _sorted_places(modes: int, wanted: int, part: int) -> list[int]:
    """Places of the first modes among names ``p0, p1, p10, ..`` and ``x0, ..`` that are sorted as text."""
    names = sorted([f"x{m}" for m in range(modes)] + [f"p{m}" for m in range(modes)])
    return [names.index(name) for name in sorted(f"{'px'[part]}{m}" for m in range(wanted))]


def compiled(circuit: Circuit, profile: Profile) -> Compiled:
    """Compile a circuit without search."""
    settings = None if profile.spins is None else IonSettings()
    program = compile_circuit(circuit, profile, options=OPTIONS, settings=settings)
    return Compiled(program, type(machine_of(profile)).__name__ in ("Pairs", "Loops"))


def attack(clock: Clock, seed: int, say: Say) -> list[Tally]:
    """Compile random circuits for every profile in turn, and change what comes out, until the time is over."""
    names = profile_names()
    circuits = {name: Tally(f"random circuits on {name}") for name in names}
    mutants = Tally("changed circuits offered to the checker")
    trial = 0
    worst = 0.0
    while clock.going() or trial < len(names):
        name = names[trial % len(names)]
        rng = np.random.default_rng([seed, trial])
        worst = max(worst, _one(circuits[name], mutants, load_profile(name), rng, f"circuit {trial} of seed {seed}"))
        trial += 1
        if trial % 50 == 0:
            say(f"{trial} circuits, {mutants.tried} changed circuits, {clock.left():.0f} s left")
    mutants.note = f"largest difference of an accepted circuit: {worst:.1e}"
    return [*circuits.values(), mutants]


def _one(tally: Tally, mutants: Tally, profile: Profile, rng: Generator, where: str) -> float:
    circuit = KINDS[type(machine_of(profile)).__name__](rng, profile)
    tally.tried += 1
    try:
        found = compiled(circuit, profile)
    except NotMappableError as error:
        if all(reason.reason and reason.relaxation for reason in error.reasons):
            tally.refused += 1
        else:
            tally.fault(f"{where}: refused without a reason: {error}")
        return 0.0
    except CircuitError as error:
        if "ill-conditioned" in str(error) or "overflow" in str(error):
            tally.refused += 1
        else:
            tally.fault(f"{where}: {error}")
        return 0.0
    except Exception as error:  # whatever else comes out is a fault, and the attack goes on
        tally.fault(f"{where}: {type(error).__name__}: {error}")
        return 0.0
    off = found.off(found.program.circuit)
    if found.program.layout is not None and found.program.layout.file == "ions.json":
        broken = pulse_error(found.program.layout.text, found.program.circuit)
        if broken > 1.0 + 1e-6:
            tally.fault(f"{where}: a spin sequence is off by {broken:.3g} times what it promises")
            return 0.0
    if off > SAME:
        tally.fault(f"{where}: the compiled circuit is off by {off:.2e}")
        return 0.0
    tally.right += 1
    for _ in range(3):
        _mutate(mutants, found, rng, where)
    return off


def _mutate(tally: Tally, found: Compiled, rng: Generator, where: str) -> None:
    native = found.program.circuit
    mutant = changed(native, rng)
    if mutant is None or mutant == native:
        return
    tally.tried += 1
    machine = machine_of(found.program.profile)
    try:
        verdict = machine.compare(found.program.source, mutant)
    except CircuitError:
        tally.refused += 1
        return
    except Exception as error:  # see above
        tally.fault(f"{where}, changed: {type(error).__name__}: {error}")
        return
    most = max(DIFFERENT, machine.tolerance)
    if verdict.equivalent and found.off(mutant) > most and (off := found.laws_off(mutant)) > most:
        tally.fault(f"{where}, changed: accepted, though it is off by {off:.2e}")
    else:
        tally.right += 1


def changed(circuit: Circuit, rng: Generator) -> Circuit | None:
    """A circuit that differs in one place: an operation left out, doubled, moved, on other modes, or another number."""
    operations = list(circuit.operations)
    if not operations:
        return None
    at = int(rng.integers(len(operations)))
    op = operations[at]
    try:
        match int(rng.integers(6)):
            case 0:
                del operations[at]
            case 1:
                operations.insert(at, op)
            case 2:
                operations.insert(int(rng.integers(len(operations))), operations.pop(at))
            case 3 if not isinstance(op, ops.PolynomialPhase) and circuit.modes >= len(op.modes):
                modes = tuple(int(m) for m in rng.permutation(circuit.modes)[: len(op.modes)])
                operations[at] = replace(op, modes=modes)
            case _:
                numbers = [f.name for f in fields(op) if isinstance(getattr(op, f.name), float)]
                if not numbers:
                    return None
                name = str(rng.choice(numbers))
                factor = 1.0 + float(rng.choice([1e-5, 1e-3, 0.1, -2.0]))
                operations[at] = replace(op, **{name: getattr(op, name) * factor})
        return circuit.with_operations(tuple(operations))
    except CircuitError:
        return None  # no circuit at all
