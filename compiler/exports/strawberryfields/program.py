"""Convert circuits to `strawberryfields.Program` (version 0.23) and back, avoiding faults of that package.

Two-mode gates are written on ascending wires, because the pure-state Fock back end is wrong on descending ones. `.H` is
never written. Every parameter is a plain float or a polynomial in ``q[i].par``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from math import atan2, hypot, sqrt
from typing import Any

import numpy as np

from compiler.decompositions.controlled import lowered_controlled
from compiler.errors import CircuitError
from compiler.exports.reading.difference import difference
from compiler.imports.strawberryfields.objects import from_strawberryfields
from compiler.imports.strawberryfields.package import strawberryfields
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Polynomial

__all__ = [
    "EMIT",
    "ascending",
    "from_strawberryfields",
    "loaded_differs",
    "serialized",
    "strawberryfields",
    "to_strawberryfields",
]


def to_strawberryfields(circuit: Circuit, name: str = "khrnn") -> Any:
    """Return the circuit as a `strawberryfields.Program`.

    Raises
    ------
    CircuitError
        If Strawberry Fields has no form for an operation, or a parameter uses a result whose mode has been measured
        again since (Strawberry Fields names results by mode).
    """
    if circuit.symbols:
        raise CircuitError(f"symbols {list(circuit.symbols)} need values before the circuit is exported; bind them")
    if circuit.modes == 0:
        raise CircuitError("a strawberryfields.Program needs at least one mode, found a circuit without modes")
    sf = strawberryfields()
    if any(ops.used(op) for op in circuit.operations):
        # its measured parameters are sympy symbols named by mode, and sympy may hand out expressions in the symbols of
        # another program, which then belong to no register of this one
        from sympy.core.cache import clear_cache

        clear_cache()
    program = sf.Program(circuit.modes, name=name)
    latest: dict[int, str] = {}  # mode -> the result that q[mode].par means now
    with program.context as q:
        for index, op in enumerate(circuit.operations):
            for step in ascending(op):
                emit = EMIT[type(step)]
                if isinstance(emit, str):
                    raise CircuitError(f"operation {index} {op} has no Strawberry Fields form: {emit}")
                emit(sf, step, q, partial(_to_sf, latest, q, f"operation {index} {op}"))
            if isinstance(op, ops.ENDS):
                latest.pop(op.modes[0], None)
            if isinstance(op, ops.MEASUREMENTS):
                latest[op.modes[0]] = op.result
    return program


def ascending(op: ops.Operation) -> tuple[ops.Operation, ...]:
    """Return the operation as operations on ascending wires, which Strawberry Fields needs."""
    if isinstance(op, ops.BeamSplitter) and op.modes[0] > op.modes[1]:
        return (ops.BeamSplitter(op.modes[::-1], -op.theta, -op.phi),)
    if isinstance(op, ops.ControlledZ) and op.modes[0] > op.modes[1]:
        return (ops.ControlledZ(op.modes[::-1], op.s),)
    if isinstance(op, ops.ControlledX) and op.modes[0] > op.modes[1]:
        if isinstance(op.s, Polynomial):
            raise CircuitError(f"{op}: a ControlledX with feed-forward must have its control on the lower mode")
        return tuple(step for low in lowered_controlled(op, op.s) for step in ascending(low))
    return (op,)


def _to_sf(latest: dict[int, str], q: Any, where: str, value: ops.Parameter) -> Any:
    if not isinstance(value, Polynomial):
        return float(value)
    by_name = {name: mode for mode, name in latest.items()}
    if missing := [str(v) for v in value.variables if v not in by_name]:
        raise CircuitError(f"{where}: {missing[0]} was overwritten by a later readout of its mode; use more ancillas")
    return value.evaluate({name: q[mode].par for name, mode in by_name.items()})


def _displacement(sf: Any, op: ops.Displacement, q: Any, par: Callable[[ops.Parameter], Any]) -> None:
    if op.x:
        sf.ops.Xgate(par(op.x)) | q[op.modes[0]]
    if op.p:
        sf.ops.Zgate(par(op.p)) | q[op.modes[0]]


def _interferometer(sf: Any, op: ops.Interferometer, q: Any, par: Callable[[ops.Parameter], Any]) -> None:
    sf.ops.Interferometer(np.array(op.matrix, dtype=complex)) | [q[m] for m in op.modes]


def _cubic_state(sf: Any, op: ops.PrepareCubic, q: Any, par: Callable[[ops.Parameter], Any]) -> None:
    sf.ops.Squeezed(-op.r) | q[op.modes[0]]
    sf.ops.Vgate(par(op.gamma)) | q[op.modes[0]]


def _cat_state(sf: Any, op: ops.PrepareCat, q: Any, par: Callable[[ops.Parameter], Any]) -> None:
    size, angle = hypot(op.x, op.p) / sqrt(2.0 * HBAR), atan2(op.p, op.x)
    sf.ops.Catstate(size, angle, op.parity) | q[op.modes[0]]


def _gkp_state(sf: Any, op: ops.PrepareGKP, q: Any, par: Callable[[ops.Parameter], Any]) -> None:
    sf.ops.GKP([op.theta, op.phi], op.epsilon) | q[op.modes[0]]


def _ket(sf: Any, op: ops.PrepareKet, q: Any, par: Callable[[ops.Parameter], Any]) -> None:
    sf.ops.Ket(np.reshape(op.amplitudes, (op.cutoff,) * len(op.modes))) | [q[m] for m in op.modes]


def _density_matrix(sf: Any, op: ops.PrepareDensity, q: Any, par: Callable[[ops.Parameter], Any]) -> None:
    count = len(op.modes)
    rho = np.reshape(op.elements, (op.cutoff,) * (2 * count))  # (rows of all modes, columns of all modes)
    pairs = [axis for mode in range(count) for axis in (mode, mode + count)]
    sf.ops.DensityMatrix(np.transpose(rho, pairs)) | [q[m] for m in op.modes]


def _post_selected(sf: Any, op: ops.PostSelect, q: Any, par: Callable[[ops.Parameter], Any]) -> None:
    sf.ops.MeasureHomodyne(op.angle, select=op.value) | q[op.modes[0]]


def _gate(gate: str, *names: str) -> Callable[[Any, Any, Any, Callable[[ops.Parameter], Any]], None]:
    def emit(sf: Any, op: Any, q: Any, par: Callable[[ops.Parameter], Any]) -> None:
        getattr(sf.ops, gate)(*(par(getattr(op, name)) for name in names)) | [q[m] for m in op.modes]

    return emit


EMIT: dict[type[ops.Operation], Callable[[Any, Any, Any, Callable[[ops.Parameter], Any]], None] | str] = {
    ops.PrepareVacuum: _gate("Vacuum"),
    ops.PrepareSqueezed: _gate("Squeezed", "r"),
    ops.PrepareCubic: _cubic_state,
    ops.PrepareFock: lambda sf, op, q, par: sf.ops.Fock(op.n) | q[op.modes[0]],
    ops.PrepareCat: _cat_state,
    ops.PrepareGKP: _gkp_state,
    ops.PrepareKet: _ket,
    ops.PrepareDensity: _density_matrix,
    ops.CrossKerr: _gate("CKgate", "kappa"),
    ops.PostSelect: _post_selected,
    ops.PhotonCount: _gate("MeasureFock"),
    ops.DisplacementReadout: "it reads a displacement by a qubit, and there are no qubits; program.json keeps it",
    ops.Rotation: _gate("Rgate", "theta"),
    ops.Squeeze: _gate("Sgate", "r"),
    ops.Shear: _gate("Pgate", "s"),
    ops.Displacement: _displacement,
    ops.BeamSplitter: _gate("BSgate", "theta", "phi"),
    ops.ControlledX: _gate("CXgate", "s"),
    ops.ControlledZ: _gate("CZgate", "s"),
    ops.Interferometer: _interferometer,
    ops.CubicPhase: _gate("Vgate", "gamma"),
    ops.Homodyne: _gate("MeasureHomodyne", "angle"),
    ops.Kerr: _gate("Kgate", "kappa"),
    ops.Loss: _gate("LossChannel", "eta"),
    ops.ThermalLoss: _gate("ThermalLossChannel", "eta", "nbar"),
    ops.DisplacementNoise: "there is no channel of random displacements",
    ops.Dephasing: "there is no channel of random rotations",
    ops.PolynomialPhase: "compile it first; there is no multi-mode non-Gaussian gate",
    ops.PhasePower: "only the cubic power exists (Vgate)",
}
"""Writer of each operation, or the reason why it cannot be written; complete over `OPERATIONS`."""


def serialized(program: Any, ir: str) -> str:
    """Return the text that Strawberry Fields writes for a `strawberryfields.Program`, as ``blackbird`` or ``xir``.

    Raises
    ------
    CircuitError
        If Strawberry Fields cannot write the program.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return str(getattr(strawberryfields().io, f"to_{ir}")(program).serialize())
        except Exception as error:  # its writers raise whatever they meet, on arrays of one axis for example
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            title = {"blackbird": "Blackbird", "xir": "XIR"}[ir]
            raise CircuitError(f"{title} export: Strawberry Fields cannot write this program ({reason})") from None


def loaded_differs(text: str, circuit: Circuit, ir: str) -> str:
    """Return the reason why a text, loaded by Strawberry Fields, differs from the circuit; empty if they are equal.

    The text has the form ``blackbird`` or ``xir``.

    Raises
    ------
    CircuitError
        If the text holds something that cannot be read.
    """
    sf = strawberryfields()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            program = sf.io.loads(text, ir=ir)
        except Exception as error:  # its parsers raise whatever they meet on text that is no program
            return f"the text cannot be loaded: {' '.join(str(error).split())}"
    return difference(from_strawberryfields(program), circuit)
