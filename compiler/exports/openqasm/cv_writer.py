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
cv_k(k)          exp(-i k n^2)                                 Kerr(-k)
measure_x        position x_1                                  Homodyne(0), result = sqrt(2) x_1
measure_n        number of photons n                           PhotonCount
===============  ============================================  ================================================

The library has no shear and no controlled phase; a text that needs them defines them as gates. Definitions of gates,
resets, ``input`` declarations of symbols, results and feed-forward expressions are plain OpenQASM 3. Only ``qumode``
and readouts without parentheses are extensions of hybridlane, and ``strict`` avoids both. The text is read back by
`compiler.imports.openqasm.reader`, which uses the parser of the `openqasm3` package.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np

from compiler.decompositions.mesh import rectangular_mesh
from compiler.errors import CircuitError
from compiler.exports.format import Format
from compiler.exports.reading.difference import difference
from compiler.imports.openqasm.dialect import CUBIC, DEFINITIONS
from compiler.imports.openqasm.text import standard
from compiler.imports.reading.expressions import written
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Parameter
from compiler.ir.polynomial import Polynomial


def to_cv_openqasm(circuit: Circuit, strict: bool = False) -> str:
    """Return the circuit as CV-OpenQASM text.

    Parameters
    ----------
    circuit : Circuit
    strict : bool
        Write modes as ``qubit`` and readouts as calls, which every reader of OpenQASM 3 accepts.

    Raises
    ------
    CircuitError
        If CV-OpenQASM has no form for an operation, or a different circuit is read back.

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
    if circuit.modes == 0:
        raise CircuitError("a register needs at least one mode, found a circuit without modes")
    lines: list[str] = []
    plain = _plain(circuit)
    positions = {op.result for op in plain.operations if isinstance(op, ops.Homodyne)}
    for op in (_in_their_units(op, positions, circuit.symbols) for op in plain.operations):
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
            *([*CALLS, ""] if strict else []),
            *([*defined, ""] if defined else []),
            *(f"input float {name};" for name in circuit.symbols),
            "// hbar = 1: positions and results are those of the program divided by sqrt(2)",
            f"qumode[{circuit.modes}] m;",
            "",
            *lines,
            "",
        ]
    )
    text = standard(text) if strict else text
    if reason := reloaded_differs(text, circuit):
        raise CircuitError(f"CV-OpenQASM export: {reason}")
    return text


def reloaded_differs(text: str, circuit: Circuit) -> str:
    """Return the reason why a CV-OpenQASM text, read back, differs from the circuit; empty if they are equal.

    Raises
    ------
    CircuitError
        If the text cannot be read.
    """
    from compiler.imports.openqasm.reader import from_cv_openqasm

    return difference(from_cv_openqasm(text), _plain(circuit))


def _plain(circuit: Circuit) -> Circuit:
    """Return the circuit with prepared states as gates on the vacuum, which is the form that is written."""
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


def _in_their_units(op: ops.Operation, positions: set[str], symbols: tuple[str, ...]) -> ops.Operation:
    """Return the operation with variable c_y of the text for a result y; y = sqrt(2) c_y if y is a position."""
    values = op.parameters()
    if isinstance(op, ops.PolynomialPhase):
        return op
    for name, value in values.items():
        if isinstance(value, Polynomial):
            powers = {key: sum(q for v, q in key if v in positions) for key in value.terms}
            scaled = Polynomial({key: c * 2.0 ** (powers[key] / 2.0) for key, c in value.terms.items()})
            values[name] = scaled.relabel(lambda v: v if v in symbols else f"c_{v}")
    return type(op)(op.modes, **values)


def _number(parameter: Parameter, factor: float = 1.0, offset: float = 0.0) -> str:
    """Return ``factor * parameter + offset`` as text."""
    if not isinstance(parameter, Polynomial):
        return repr(factor * parameter + offset)
    return written(factor * parameter + Polynomial.constant(offset), str)


def _displacement(op: ops.Displacement, at: str) -> list[str]:
    parts = ((op.x, "0"), (op.p, "pi/2"))
    return [f"cv_d({_number(value, 0.5)}, {angle}) {at}" for value, angle in parts if value]


def _homodyne(op: ops.Homodyne, at: str) -> list[str]:
    turn = [f"cv_r({op.angle!r}) {at}"] if op.angle else []
    return [*turn, f"float c_{op.result} = measure_x {at}"]


CALLS = ("defcal measure_x m -> float {}", "defcal measure_n m -> uint {}")
"""Declarations of the functions by which the strict form reads modes, as hybridlane writes them."""

NO_NOISE = "the language has no noise channels; program.json keeps them"

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
    ops.Kerr: lambda op, a: [f"cv_k({-op.kappa!r}) {a}"],
    ops.PolynomialPhase: "compile it first; there is no multi-mode non-Gaussian gate",
    ops.PhasePower: "only the cubic power exists (cv_c)",
    ops.CrossKerr: "the library has no cross-Kerr gate",
    **dict.fromkeys(ops.STATES, "reset prepares the vacuum only, and no gate of the library makes this state"),
    ops.PostSelect: "OpenQASM cannot keep only the runs with a given outcome",
    ops.PhotonCount: lambda op, a: [f"uint c_{op.result} = measure_n {a}"],
    ops.DisplacementReadout: "it needs a qubit (cv_cd), and only qumodes are written and read; program.json keeps it",
    ops.Loss: NO_NOISE,
    ops.ThermalLoss: NO_NOISE,
    ops.DisplacementNoise: NO_NOISE,
    ops.Dephasing: NO_NOISE,
}
"""Writer of the lines of each operation, or the reason why it cannot be written; complete over `OPERATIONS`."""


FORMAT = Format(
    "cv-openqasm",
    "program.cv.qasm",
    "read back by openqasm3",
    lambda given: to_cv_openqasm(given.native),
    lambda text, given: reloaded_differs(text, given.native),
)
