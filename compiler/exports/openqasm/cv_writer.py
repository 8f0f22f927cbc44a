r"""CV-OpenQASM: OpenQASM 3 with qumodes and the gates of hybridlane's ``cvstdgates.inc``, read back and compared.

The gates are those of Y. Liu et al., arXiv:2407.10381, in units of hbar = 1, ``x_1 = x / sqrt(2)``:

===============  ============================================  ================================================
gate             definition                                    here
===============  ============================================  ================================================
cv_r(t)          exp(-i t n)                                   Rotation(-t)
cv_d(r, f)       exp(a c^+ - a^* c), a = r e^{if}              Displacement(2 r cos f, 2 r sin f)
cv_sq(r, f)      exp((z^* c^2 - z c^+^2)/2), z = r e^{2if}     Squeeze(r), f = 0
cv_bs(t, f)      exp(-i t/2 (e^{if} a^+ b + e^{-if} a b^+))    BeamSplitter(t/2, -f - pi/2)
cv_sum(l)        exp(-i l x_a p_b)                             ControlledX(l)
cv_c(r)          exp(-i r x_1^3)                               CubicPhase(-3 r / sqrt(2))
measure_x        position x_1                                  Homodyne(0), result = sqrt(2) x_1
===============  ============================================  ================================================

The library has no shear and no controlled phase: where they occur, the text defines them as gates of their own. Its
``gate`` definitions, resets, ``float`` results and feed-forward expressions are plain OpenQASM 3; only ``qumode`` and
``measure_x`` without parentheses are hybridlane's, and ``strict`` avoids both. The reader is that of the `openqasm3`
package, and accepts what is written here and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np

from compiler.decompositions.mesh import rectangular_mesh
from compiler.errors import CircuitError
from compiler.exports.format import Format
from compiler.exports.reading.difference import difference
from compiler.imports.openqasm.dialect import CUBIC, DEFINITIONS, strict_text
from compiler.imports.reading.expressions import written
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Parameter
from compiler.ir.polynomial import Polynomial


def to_cv_openqasm(circuit: Circuit, strict: bool = False) -> str:
    """The circuit as CV-OpenQASM text.

    Parameters
    ----------
    circuit : Circuit
    strict : bool
        Write modes as ``qubit`` and readouts as calls, which every reader of OpenQASM 3 takes.

    Raises
    ------
    CircuitError
        If an operation has no form there, or what is read back is not the circuit.

    Examples
    --------
    >>> print(to_cv_openqasm(Circuit(1, (ops.CubicPhase((0,), 3.0), ops.Homodyne((0,), 0.0, "y")))), end="")
    OPENQASM 3.0;
    include "stdgates.inc";
    include "cvstdgates.inc";
    <BLANKLINE>
    // hbar = 1: positions and results are those of the program divided by sqrt(2)
    qumode[1] m;
    <BLANKLINE>
    cv_c(-1.4142135623730951) m[0];
    float c_y = measure_x m[0];
    """
    if circuit.symbols:
        raise CircuitError(f"symbols {list(circuit.symbols)} need values before the circuit is exported; bind them")
    if circuit.modes == 0:
        raise CircuitError("a register needs at least one mode, found a circuit of none")
    lines: list[str] = []
    for op in _plain(circuit).operations:
        emit = EMIT[type(op)]
        if isinstance(emit, str):
            raise CircuitError(f"{op} has no CV-OpenQASM form: {emit}")
        lines += [f"{line};" for line in emit(op, *(f"m[{m}]" for m in op.modes))]
    defined = [line for name, body in DEFINITIONS.items() if any(name in line for line in lines) for line in body]
    text = "\n".join(
        [
            "OPENQASM 3.0;",
            'include "stdgates.inc";',
            'include "cvstdgates.inc";',
            "",
            *(["defcal measure_x m -> float {}", ""] if strict else []),
            *([*defined, ""] if defined else []),
            "// hbar = 1: positions and results are those of the program divided by sqrt(2)",
            f"qumode[{circuit.modes}] m;",
            "",
            *lines,
            "",
        ]
    )
    text = strict_text(text) if strict else text
    if reason := reloaded_differs(text, circuit):
        raise CircuitError(f"CV-OpenQASM export: {reason}")
    return text


def reloaded_differs(text: str, circuit: Circuit) -> str:
    """Why CV-OpenQASM text, read back, is not the circuit; empty if it is.

    Raises
    ------
    CircuitError
        If it holds anything but what `to_cv_openqasm` writes.
    """
    from compiler.imports.openqasm.reader import from_cv_openqasm

    return difference(from_cv_openqasm(text), _plain(circuit))


def _plain(circuit: Circuit) -> Circuit:
    """The circuit with prepared states as gates on the vacuum, as they are written."""
    out: list[ops.Operation] = []
    for op in circuit.operations:
        if isinstance(op, ops.PrepareSqueezed | ops.PrepareCubic):
            cubic = isinstance(op, ops.PrepareCubic)
            out += [ops.PrepareVacuum(op.modes), ops.Squeeze(op.modes, -op.r if cubic else op.r)]
            if isinstance(op, ops.PrepareCubic):
                out.append(ops.CubicPhase(op.modes, op.gamma))
        elif isinstance(op, ops.Interferometer):
            out += rectangular_mesh(np.array(op.matrix, dtype=complex), op.modes)
        else:
            out.append(op)
    return circuit.with_operations(tuple(out))


def _number(parameter: Parameter, factor: float = 1.0, offset: float = 0.0) -> str:
    """``factor * parameter + offset`` in results of hbar = 1."""
    if not isinstance(parameter, Polynomial):
        return repr(factor * parameter + offset)
    there = {key: factor * c * 2.0 ** (sum(q for _, q in key) / 2.0) for key, c in parameter.terms.items()}
    return written(Polynomial(there) + Polynomial.constant(offset), lambda name: f"c_{name}")


def _displacement(op: ops.Displacement, at: str) -> list[str]:
    parts = ((op.x, "0"), (op.p, "pi/2"))
    return [f"cv_d({_number(value, 0.5)}, {angle}) {at}" for value, angle in parts if value]


def _homodyne(op: ops.Homodyne, at: str) -> list[str]:
    turn = [f"cv_r({op.angle!r}) {at}"] if op.angle else []
    return [*turn, f"float c_{op.result} = measure_x {at}"]


NO_NOISE = "it has no noise channels; program.json keeps them"

EMIT: dict[type[ops.Operation], Callable[..., list[str]] | str] = {
    ops.PrepareVacuum: lambda op, a: [f"reset {a}"],
    ops.PrepareSqueezed: "written as gates on the vacuum",
    ops.PrepareCubic: "written as gates on the vacuum",
    ops.Interferometer: "written as a mesh of beamsplitters",
    ops.Rotation: lambda op, a: [f"cv_r({_number(op.theta, -1.0)}) {a}"],
    ops.Squeeze: lambda op, a: [f"cv_sq({_number(op.r)}, 0) {a}"],
    ops.Shear: lambda op, a: [f"khrnn_shear({_number(op.s)}) {a}"],
    ops.Displacement: _displacement,
    ops.BeamSplitter: lambda op, a, b: [f"cv_bs({_number(op.theta, 2.0)}, {_number(op.phi, -1.0, -pi / 2)}) {a}, {b}"],
    ops.ControlledX: lambda op, a, b: [f"cv_sum({_number(op.s)}) {a}, {b}"],
    ops.ControlledZ: lambda op, a, b: [f"khrnn_cz({_number(op.s)}) {a}, {b}"],
    ops.CubicPhase: lambda op, a: [f"cv_c({_number(op.gamma, CUBIC)}) {a}"],
    ops.Homodyne: _homodyne,
    ops.Kerr: "a circuit with a Kerr gate (cv_k) cannot be compared after reading it back",
    ops.PolynomialPhase: "compile it first; there is no multi-mode non-Gaussian gate",
    ops.PhasePower: "only the cubic power exists (cv_c)",
    ops.CrossKerr: "the library has no cross-Kerr gate",
    **dict.fromkeys(ops.STATES, "reset prepares the vacuum only, and no gate of the library makes this state"),
    ops.PostSelect: "no outcome can be chosen in OpenQASM",
    ops.PhotonCount: "the text holds readouts of positions only",
    ops.Loss: NO_NOISE,
    ops.ThermalLoss: NO_NOISE,
    ops.DisplacementNoise: NO_NOISE,
    ops.Dephasing: NO_NOISE,
}
"""Lines of each operation; a string says why there are none. Total over `compiler.ir.operations.OPERATIONS`."""


FORMAT = Format(
    "cv-openqasm",
    "program.cv.qasm",
    "read back by openqasm3",
    lambda given: to_cv_openqasm(given.native),
    lambda text, given: reloaded_differs(text, given.native),
)
