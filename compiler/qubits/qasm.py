"""OpenQASM 3 text, which is reloaded by Qiskit and compared before it is returned."""

from __future__ import annotations

from math import isclose
from typing import Any

from compiler.errors import InputError
from hardware_profiles.extras import need

BASIS = ("h", "x", "z", "p", "rz", "ry", "cx", "cz", "cp", "measure", "reset")
"""Gates of the exported text, all of ``stdgates.inc``."""

ANGLE_TOLERANCE = 4e-9
"""Largest difference between an angle and its text: Qiskit rounds to fractions of pi that are within 1e-9 pi."""


def to_qasm3(circuit: Any) -> str:
    """Return the circuit as OpenQASM 3 text in `BASIS`.

    Larger gates are decomposed first. The text is loaded again, and instructions, angles, qubits, bits and registers
    must be those that were written. The same circuit gives the same text. A register whose name the language has a gate
    or a keyword for (``x``, ``y``, ``p``) gets a suffix, as ``y_0``.

    Parameters
    ----------
    circuit : qiskit.QuantumCircuit

    Raises
    ------
    InputError
        If the reloaded circuit differs.

    Examples
    --------
    >>> from compiler.qubits.modular import QubitPhase, QubitRead, modular_circuit
    >>> print(to_qasm3(modular_circuit(2, [QubitPhase((0, 1), 1), QubitRead("x", 0, "y0")])), end="")
    OPENQASM 3.0;
    include "stdgates.inc";
    bit[1] y0;
    qubit[2] mode;
    h mode[0];
    h mode[1];
    cz mode[0], mode[1];
    y0[0] = measure mode[0];
    """
    need("qiskit")
    from qiskit import qasm3, transpile

    basic = transpile(circuit, basis_gates=list(BASIS), optimization_level=0, seed_transpiler=0)
    basic.global_phase = 0.0  # has no effect, and would be written as a gate of its own
    text = str(qasm3.dumps(basic))
    if reason := reloaded_differs(text, basic):
        raise InputError(f"OpenQASM 3 export: {reason}")
    return text if text.endswith("\n") else text + "\n"


def reloaded_differs(text: str, circuit: Any) -> str:
    """Return the first difference of OpenQASM 3 text, loaded by Qiskit, from a circuit; empty if there is none.

    Raises
    ------
    InputError
        If the text cannot be loaded.
    """
    need("qiskit", "qiskit_qasm3_import")
    from qiskit import qasm3

    try:
        loaded = qasm3.loads(text)
    except Exception as error:  # its parser raises whatever it meets on text that is no program
        raise InputError(
            f"OpenQASM 3 text cannot be loaded: {' '.join(str(error).split()) or type(error).__name__}"
        ) from None
    for kind in ("qregs", "cregs"):
        names = [[(r.name, len(r)) for r in getattr(c, kind)] for c in (circuit, loaded)]
        if len(names[0]) != len(names[1]) or any(
            size != again or not (read == name or read.startswith(f"{name}_"))
            for (name, size), (read, again) in zip(*names, strict=True)
        ):
            return f"registers {names[0]} became {names[1]}"
    if len(circuit.data) != len(loaded.data):
        return f"{len(circuit.data)} instructions became {len(loaded.data)}"
    for index, (written, read) in enumerate(zip(circuit.data, loaded.data, strict=True)):
        if not _same(_fields(circuit, written), _fields(loaded, read)):
            return f"instruction {index} {written.operation.name} became {read.operation.name} or has other arguments"
    return ""


def _fields(circuit: Any, instruction: Any) -> tuple[str, list[float], list[int]]:
    operation = instruction.operation
    places = [circuit.find_bit(bit).index for bit in (*instruction.qubits, *instruction.clbits)]
    return operation.name, [float(value) for value in operation.params], places


def _same(left: tuple[str, list[float], list[int]], right: tuple[str, list[float], list[int]]) -> bool:
    angles = len(left[1]) == len(right[1]) and all(
        isclose(a, b, rel_tol=1e-15, abs_tol=ANGLE_TOLERANCE) for a, b in zip(left[1], right[1], strict=True)
    )
    return angles and left[0] == right[0] and left[2] == right[2]
