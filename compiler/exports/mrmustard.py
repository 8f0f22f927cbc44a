"""Write a Gaussian program as a Python script that builds a MrMustard 0.7 circuit, and read it back.

MrMustard has Gaussian gates only; a cubic state must be made elsewhere and passed to it as a ket in the Fock basis.
Readouts stand at the end (`compiler.exports.reading.defer_readouts`): each result is the position of one mode of the
final state. The check never runs the script. It reads the calls (`compiler.imports.reading.call_script`), makes
MrMustard objects of them, and applies these to a random Gaussian state. The mean and the covariance must become those
that the circuit gives: maps ``mean -> X mean + d``, ``cov -> X cov X^T + Y`` that agree at a random state agree
everywhere, with probability one.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from functools import cache
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.decompositions.mesh import rectangular_mesh
from compiler.errors import CircuitError
from compiler.exports.format import Format
from compiler.exports.reading.defer_readouts import Deferred, defer_readouts
from compiler.imports.reading.call_script import bounded, integer, parameter, parsed, script_error
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.semantics.gaussian_state import GaussianState, evolved
from compiler.semantics.opaque import marked
from compiler.semantics.phase_space import push
from hardware_profiles.extras import need

WHAT = "MrMustard script"

TOLERANCE = 1e-9
"""Largest relative difference of means and covariances; thousands of gates, each with rounding 1e-16, stay below it."""

ALPHA = sqrt(2.0 * HBAR)
"""Distance by which `Dgate(1, 0)` moves x; the arguments are the real and the imaginary part of alpha."""

Moments = tuple[NDArray[np.float64], NDArray[np.float64]]


@cache
def _lab() -> Any:
    need("mrmustard")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mrmustard
        import mrmustard.lab
    if mrmustard.settings.HBAR != HBAR:
        raise CircuitError(f"mrmustard.settings.HBAR must be {HBAR:g}, found {mrmustard.settings.HBAR}; do not set it")
    return mrmustard.lab


def to_mrmustard(circuit: Circuit) -> str:
    """Return the circuit as a Python script that makes the final ``state``; ``readouts`` lists the modes to read.

    Raises
    ------
    CircuitError
        If an operation is not Gaussian, or the script, read back, differs from the circuit.

    Examples
    --------
    >>> read = Circuit(1, (ops.Squeeze((0,), 0.5), ops.Homodyne((0,), 0.25, "y")))
    >>> print(to_mrmustard(read).split('\"\"\"')[2])
    <BLANKLINE>
    from mrmustard.lab import Circuit, Rgate, Sgate, Vacuum
    <BLANKLINE>
    circuit = Circuit(
        [
            Sgate(0.5, modes=[0]),
            Rgate(-0.25, modes=[0]),
        ]
    )
    readouts = {"y": 0}
    state = Vacuum(1) >> circuit
    <BLANKLINE>
    """
    if circuit.symbols:
        raise CircuitError(f"symbols {list(circuit.symbols)} need values before the circuit is exported; bind them")
    for index, op in enumerate(circuit.operations):
        if isinstance(reason := EMIT[type(op)], str):
            raise CircuitError(f"operation {index} {op} has no MrMustard form: {reason}")
        if isinstance(op, ops.DisplacementNoise) and op.x_variance != op.p_variance:
            raise CircuitError(f"operation {index} {op}: AdditiveNoise adds the same variance to x and p")
    deferred = defer_readouts(circuit)
    calls = [call for op in deferred.circuit.operations for call in _calls(op)]
    names = sorted({"Circuit", "Vacuum", *(call.split("(")[0] for call in calls)})
    table = ", ".join(f'"{result}": {mode}' for result, mode in deferred.reads.items())
    text = "\n".join(
        [
            f'"""A Gaussian program of {circuit.modes} modes for MrMustard 0.7, hbar = 2, with readouts at the end.',
            "",
            "A mode that is prepared again is a new mode here. The result y is the position of mode readouts[y] of",
            "`state`, so its mean is state.means[readouts[y]]. Modes that carry an input start in the vacuum.",
            '"""',
            f"from mrmustard.lab import {', '.join(names)}",
            "",
            "circuit = Circuit(",
            "    [",
            *(f"        {call}," for call in calls),
            "    ]",
            ")",
            f"readouts = {{{table}}}",
            f"state = Vacuum({deferred.circuit.modes}) >> circuit",
            "",
        ]
    )
    if reason := reloaded_differs(text, circuit):
        raise CircuitError(f"{WHAT} export: {reason}")
    return text


def reloaded_differs(text: str, circuit: Circuit) -> str:
    """Return the reason why a script, made into MrMustard objects, differs from the circuit; empty if they are equal.

    Raises
    ------
    CircuitError
        If the script holds anything but lines as `to_mrmustard` writes them, or the circuit is not Gaussian.
    """
    deferred = defer_readouts(circuit)
    with bounded(WHAT):
        modes, steps, reads = _read(text)
    if modes != deferred.circuit.modes:
        return f"the script must have {deferred.circuit.modes} modes, found {modes}"
    if reads != dict(deferred.reads):
        return "the readouts of the script differ from those of the circuit"
    if off := _deferral_error(circuit, deferred):
        return f"the deferred circuit differs by {off:.1e}"
    rng = np.random.default_rng(modes)
    mean, cov = rng.normal(size=2 * modes), np.diag(rng.uniform(1.0, 2.0, size=2 * modes))
    state = evolved(GaussianState(mean, cov), deferred.circuit.operations)
    expected = state.mean, state.cov
    lab = _lab()
    state = lab.State(cov=cov, means=mean)
    for gate, arguments, at in steps:
        try:
            state = state >> getattr(lab, gate)(*arguments, modes=at)
        except Exception as error:  # MrMustard checks arguments in many ways
            return f"MrMustard refuses {gate} on modes {at}: {' '.join(str(error).split())}"
    for kind, ours, theirs in zip(("mean", "covariance"), expected, (state.means, state.cov), strict=True):
        off = float(np.max(np.abs(ours - np.asarray(theirs)), initial=0.0)) / max(
            1.0, float(np.max(np.abs(ours), initial=0))
        )
        if not off <= TOLERANCE:
            return f"the {kind} of the final state differs by {off:.1e}"
    return ""


def _gate(name: str, *fields: str) -> Callable[[Any], str]:
    def emit(op: Any) -> str:
        values = [repr(float(getattr(op, name))) for name in fields]
        return f"{name}({', '.join([*values, f'modes={list(op.modes)}'])})"

    return emit


NO_GATE = "MrMustard has only Gaussian gates; make the state elsewhere and pass a ket in the Fock basis, State(ket=..)"

EMIT: dict[type[ops.Operation], Callable[[Any], str] | str | None] = {
    ops.PrepareVacuum: None,
    ops.PrepareSqueezed: None,
    ops.Homodyne: None,
    ops.Interferometer: None,
    ops.Rotation: _gate("Rgate", "theta"),
    ops.Squeeze: _gate("Sgate", "r"),
    ops.Shear: _gate("Pgate", "s"),
    ops.Displacement: lambda op: f"Dgate({op.x / ALPHA!r}, {op.p / ALPHA!r}, modes={list(op.modes)})",
    ops.BeamSplitter: _gate("BSgate", "theta", "phi"),
    ops.ControlledX: _gate("CXgate", "s"),
    ops.ControlledZ: _gate("CZgate", "s"),
    ops.Loss: _gate("Attenuator", "eta"),
    ops.ThermalLoss: _gate("Attenuator", "eta", "nbar"),
    ops.DisplacementNoise: _gate("AdditiveNoise", "x_variance"),
    ops.PrepareCubic: NO_GATE,
    ops.CubicPhase: NO_GATE,
    ops.PolynomialPhase: NO_GATE,
    ops.PhasePower: NO_GATE,
    ops.Kerr: NO_GATE,
    ops.CrossKerr: NO_GATE,
    **dict.fromkeys(ops.STATES, NO_GATE),
    ops.PostSelect: "the script computes the state before readouts and cannot keep only runs with a given outcome",
    ops.PhotonCount: "photon counting is not Gaussian, and the script expresses only Gaussian states",
    ops.DisplacementReadout: "it is not Gaussian, and the script expresses only Gaussian states; program.json keeps it",
    ops.Dephasing: "random rotations are not Gaussian, and PhaseNoise of MrMustard needs states in the Fock basis",
}
"""Call of each operation, or the reason why it has none; operations with None are replaced by others first."""

GATES = {"Rgate": 1, "Sgate": 1, "Pgate": 1, "Dgate": 1, "Attenuator": 1, "AdditiveNoise": 1}
GATES |= {"BSgate": 2, "CXgate": 2, "CZgate": 2}
"""Gates that are read, with their numbers of modes."""


def _calls(op: ops.Operation) -> list[str]:
    if isinstance(op, ops.Interferometer):
        return [c for g in rectangular_mesh(np.array(op.matrix, dtype=complex), op.modes) for c in _calls(g)]
    emit = EMIT[type(op)]
    assert callable(emit)
    return [emit(op)]


def _read(text: str) -> tuple[int, list[tuple[str, list[float], list[int]]], dict[str, int]]:
    """Return the number of modes, the gates with arguments and modes, and the readouts of a script."""
    match parsed(text, WHAT):
        case [
            ast.ImportFrom(module="mrmustard.lab", level=0),
            ast.Assign(
                targets=[ast.Name(id="circuit")],
                value=ast.Call(func=ast.Name(id="Circuit"), args=[ast.List(elts=calls)], keywords=[]),
            ),
            ast.Assign(targets=[ast.Name(id="readouts")], value=ast.Dict(keys=keys, values=values)),
            ast.Assign(
                targets=[ast.Name(id="state")],
                value=ast.BinOp(
                    left=ast.Call(func=ast.Name(id="Vacuum"), args=[modes], keywords=[]),
                    op=ast.RShift(),
                    right=ast.Name(id="circuit"),
                ),
            ),
        ]:
            reads = {_name(k): integer(v, WHAT) for k, v in zip(keys, values, strict=True)}
            return integer(modes, WHAT), [_step(call) for call in calls], reads
    raise CircuitError(
        f"{WHAT}: must consist of an import, circuit = Circuit([..]), readouts, state = Vacuum(..) >> circuit"
    )


def _name(node: ast.expr | None) -> str:
    match node:
        case ast.Constant(value=str() as name):
            return name
    raise CircuitError(f"{WHAT}: names of readouts are strings")


def _step(node: ast.expr) -> tuple[str, list[float], list[int]]:
    match node:
        case ast.Call(
            func=ast.Name(id=gate), args=arguments, keywords=[ast.keyword(arg="modes", value=ast.List(elts=at))]
        ) if GATES.get(gate) == len(at):
            numbers = [parameter(a, WHAT, lambda inner: None).terms.get((), 0.0) for a in arguments]
            return gate, numbers, [integer(m, WHAT) for m in at]
    raise script_error(WHAT, node, "a known gate with numbers and modes=[..] is expected")


def _deferral_error(circuit: Circuit, deferred: Deferred) -> float:
    """Return the difference between the deferred and the original circuit at random points; 0 if it is rounding."""
    rng = np.random.default_rng(circuit.modes)
    x, p = rng.normal(size=(2, deferred.circuit.modes, 4))
    made = [op for op in circuit.operations if isinstance(op, ops.PREPARATIONS)]
    squeezing: dict[tuple[int, int], float] = {}
    for op in made:
        occurrence = sum(mode == op.modes[0] for mode, _ in squeezing)
        squeezing[op.modes[0], occurrence] = op.r if isinstance(op, ops.PrepareSqueezed) else 0.0

    def fresh(mode: int, occurrence: int) -> tuple[Any, Any]:
        place, factor = deferred.starts[mode, occurrence], np.exp(squeezing[mode, occurrence])
        return x[place] / factor, p[place] * factor

    ours, theirs = (marked(c, deferred.reads, by_time=True)[0] for c in (circuit, deferred.circuit))
    symbols = {name: rng.normal(size=4) for name in ours.symbols}
    before = push(ours, x[: circuit.modes], p[: circuit.modes], fresh, symbols)
    after = push(theirs, x, p, fresh, symbols)
    pairs = [(before.results[result], after.x[place]) for result, place in deferred.reads.items()]
    read = set(deferred.reads.values())
    for mode, place in enumerate(deferred.places):
        if place not in read:
            pairs += [(before.x[mode], after.x[place]), (before.p[mode], after.p[place])]
    off = max((float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(a)))) for a, b in pairs), default=0.0)
    return 0.0 if off <= TOLERANCE else off


FORMAT = Format(
    "mrmustard",
    "program_mm.py",
    "read back as MrMustard objects",
    lambda given: to_mrmustard(given.native),
    lambda text, given: reloaded_differs(text, given.native),
)
