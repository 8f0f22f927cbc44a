r"""Qumodes as position registers: a logical circuit becomes a qubit circuit that acts on grids of 2^m positions.

A bit of value 2^b is a spin ``s_b = 2 z_b - 1 = +-1``, and ``x = (dx / 2) sum_b 2^b s_b``. Then

- a phase ``exp(i f(x) / hbar)`` is exact on the grid: a k-edge is ``m^k`` products of k spins, which are
  (multi-)controlled phases on products of bits, or rotations of parities;
- the centred Fourier transform ``|x_j> -> N^{-1/2} sum_l exp(-i p_l x_j / hbar) |p_l>`` is a layer of phases and the
  Fourier transform of qubits, whose reversed order of qubits is kept and not swapped back;
- a shift ``exp(-i p s / hbar)`` and ``ControlledX`` are phases between two transforms. Grids are antiperiodic: what is
  shifted out on one side comes in on the other with the opposite sign;
- states are prepared as the Gaussian's values on the grid, normalised.

Global phases are dropped. The grid itself is not exact; `RegisterProgram.outside` estimates it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, isclose, pi
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Polynomial
from compiler.qubits.grid import Grid, mode_reaches
from hardware_profiles.extras import need

PhaseStyle = Literal["controlled", "parity"]
"""``controlled``: phase gates on products of bits; ``parity``: rotations of products of spins, between CNOTs."""

Spins = dict[frozenset[int], float]
"""A polynomial in spins: coefficient by the set of qubits whose spins are multiplied."""


@dataclass(frozen=True, slots=True)
class RegisterReadout:
    """Which quadrature of which mode a classical register holds."""

    result: str
    mode: int
    quadrature: Literal["x", "p"]


@dataclass(frozen=True, slots=True)
class RegisterProgram:
    """A lowered circuit and the meaning of its bits.

    Attributes
    ----------
    quantum_circuit : qiskit.QuantumCircuit
        Mode i is the register ``mode<i>``, least significant qubit first; each readout has a classical register of m
        bits named after its result.
    grids : tuple of Grid
        One per mode.
    readouts : tuple of RegisterReadout
        In order of time.
    outside : float
        Stated error: sum over the modes of the probability estimated to lie outside the grid's extents, in x and in p
        (`compiler.qubits.grid`). Amplitudes change by its square root, and so may probabilities; those of tails change
        by about the mass itself. A grid value stands for the cell of one spacing around it.
    """

    quantum_circuit: Any
    grids: tuple[Grid, ...]
    readouts: tuple[RegisterReadout, ...]
    outside: float

    def readout(self, result: str) -> RegisterReadout:
        """Return the readout of that name.

        Raises
        ------
        InputError
            If the program has no such result.
        """
        for readout in self.readouts:
            if readout.result == result:
                return readout
        raise InputError(f"the program has no result {result!r}, only {[r.result for r in self.readouts]}")

    def values(self, result: str) -> NDArray[np.float64]:
        """Return the real outcome of each value 0 .. 2^m - 1 of a classical register, shape (2^m,)."""
        readout = self.readout(result)
        grid = self.grids[readout.mode]
        return grid.positions() if readout.quadrature == "x" else grid.momenta()


def outcome(program: RegisterProgram, result: str, bits: str) -> float:
    """Return the real outcome that a bitstring means, as Qiskit prints it: most significant bit first.

    Raises
    ------
    InputError
        If the string is not m binary digits, or there is no such result.
    """
    values = program.values(result)
    if len(bits) != (len(values) - 1).bit_length() or set(bits) - {"0", "1"}:
        raise InputError(f"{result} is read as {(len(values) - 1).bit_length()} binary digits, found {bits!r}")
    return float(values[int(bits, 2)])


def register_circuit(
    circuit: Circuit, qubits: int, spacings: Sequence[float] | None = None, style: PhaseStyle = "controlled"
) -> RegisterProgram:
    """Lower a logical circuit to position registers.

    Parameters
    ----------
    circuit : Circuit
        Operations PrepareSqueezed, PolynomialPhase, Displacement in x, ControlledX, and Homodyne of x or p, with
        numbers for parameters. Every mode is prepared before it is used; prepared again, its register is reset.
    qubits : int
        m, for every mode.
    spacings : sequence of float, optional
        dx of each mode; balanced from the circuit's state if None.
    style : "controlled" or "parity"
        How phases are written; the operator is the same. Parities need fewer gates on a machine that has only CNOTs
        and rotations.

    Raises
    ------
    InputError
        If an operation cannot be lowered; the message names the first one and says why.

    Examples
    --------
    >>> from compiler.ir.operations import Homodyne, PrepareSqueezed
    >>> program = register_circuit(Circuit(1, (PrepareSqueezed((0,), 0.5), Homodyne((0,), 0.0, "x"))), 4)
    >>> program.quantum_circuit.num_qubits, program.outside < 1e-9
    (4, True)
    """
    for index, op in enumerate(circuit.operations):
        if reason := _refusal(op):
            raise InputError(f"operation {index} {op}: position registers cannot carry it out: {reason}")
    _require_prepared(circuit)
    if spacings is not None and len(spacings) != circuit.modes:
        raise InputError(f"{circuit.modes} modes need as many spacings, found {len(spacings)}")
    reaches = mode_reaches(circuit)
    if spacings is None:
        grids = tuple(reach.balanced(qubits) for reach in reaches)
    else:
        grids = tuple(Grid(qubits, float(spacing)) for spacing in spacings)
    lowering = _Lowering(grids, style)
    for op in circuit.operations:
        lowering.add(op)
    outside = sum(reach.outside(grid) for reach, grid in zip(reaches, grids, strict=True))
    return RegisterProgram(lowering.circuit, grids, tuple(lowering.readouts), outside)


class _Lowering:
    """The qubit circuit while it is built."""

    def __init__(self, grids: tuple[Grid, ...], style: PhaseStyle) -> None:
        need("qiskit")
        from qiskit import QuantumCircuit, QuantumRegister

        self.grids = grids
        self.style = style
        self.circuit: Any = QuantumCircuit(*(QuantumRegister(g.qubits, f"mode{i}") for i, g in enumerate(grids)))
        self.readouts: list[RegisterReadout] = []
        self.used: set[int] = set()

    def add(self, op: ops.Operation) -> None:
        match op:
            case ops.PrepareSqueezed((mode,), r):
                self._prepare(mode, r)
            case ops.PolynomialPhase(modes, polynomial):
                self._phase(polynomial, {m: self._position(m) for m in modes})
            case ops.Displacement((mode,), float() as amount, _):
                self._fourier(mode)
                self._phase(Polynomial.monomial((mode,), -amount), {mode: self._momentum(mode)})
                self._fourier(mode, inverse=True)
            case ops.ControlledX((control, target), float() as s):
                self._fourier(target)
                forms = {control: self._position(control), target: self._momentum(target)}
                self._phase(Polynomial.monomial((control, target), -s), forms)
                self._fourier(target, inverse=True)
            case ops.Homodyne((mode,), angle, result):
                self._measure(mode, "x" if angle == 0.0 else "p", result)

    def _qubits(self, mode: int) -> list[int]:
        """Return indices of a mode's qubits, least significant first."""
        start = sum(grid.qubits for grid in self.grids[:mode])
        return list(range(start, start + self.grids[mode].qubits))

    def _position(self, mode: int) -> Spins:
        """Return x in spins: the bit of value 2^b weighs 2^b dx / 2."""
        grid = self.grids[mode]
        return {frozenset((q,)): 2.0**b * grid.spacing / 2.0 for b, q in enumerate(self._qubits(mode))}

    def _momentum(self, mode: int) -> Spins:
        """Return p in spins, after `_fourier`, which reverses the order of qubits."""
        grid = self.grids[mode]
        return {
            frozenset((q,)): 2.0**b * grid.momentum_spacing / 2.0 for b, q in enumerate(reversed(self._qubits(mode)))
        }

    def _prepare(self, mode: int, r: float) -> None:
        from qiskit.circuit.library import StatePreparation

        qubits = self._qubits(mode)
        if mode in self.used:
            self.circuit.reset(qubits)
        self.used.add(mode)
        x = self.grids[mode].positions()
        log_wave = -(x**2) / (4.0 * exp(-2.0 * r))  # |psi|^2 has variance e^{-2r}
        wave = np.exp(log_wave - log_wave.max())
        self.circuit.append(StatePreparation(wave / np.linalg.norm(wave)), qubits)

    def _fourier(self, mode: int, *, inverse: bool = False) -> None:
        """The centred transform, up to phases that commute with what stands between it and its inverse."""
        from qiskit import QuantumCircuit

        m = self.grids[mode].qubits
        n = 1 << m
        transform = QuantumCircuit(m)
        for b in range(m):
            transform.p(pi * (n - 1) * 2**b / n, b)  # exp(2 pi i j (N-1) / (2 N)) centres the momenta
        for b in reversed(range(m)):
            transform.h(b)
            for c in reversed(range(b)):
                transform.cp(-pi / 2 ** (b - c), c, b)
        self.circuit.compose(transform.inverse() if inverse else transform, self._qubits(mode), inplace=True)

    def _phase(self, polynomial: Polynomial, forms: Mapping[int, Spins]) -> None:
        """``exp(i f / hbar)`` for a polynomial in quantities that are diagonal now."""
        total: Spins = {}
        for monomial, coefficient in polynomial.terms.items():
            product: Spins = {frozenset(): coefficient / HBAR}
            for variable, power in monomial:
                assert isinstance(variable, int)
                for _ in range(power):
                    product = _times(product, forms[variable])
            for spins, angle in product.items():
                total[spins] = total.get(spins, 0.0) + angle
        if self.style == "parity":
            for spins, angle in _ordered(total):
                self._parity_rotation(sorted(spins), angle)
        else:
            for bits, angle in _ordered(_in_bits(total)):
                self._controlled_phase(sorted(bits), angle)

    def _controlled_phase(self, bits: list[int], angle: float) -> None:
        from qiskit.circuit.library import MCPhaseGate

        match len(bits):
            case 1:
                self.circuit.p(angle, bits[0])
            case 2:
                self.circuit.cp(angle, *bits)
            case size:
                self.circuit.append(MCPhaseGate(angle, size - 1), bits)

    def _parity_rotation(self, qubits: list[int], angle: float) -> None:
        """``exp(i angle prod s)``: with s = -Z, ``exp(i angle (-1)^k Z..Z)``."""
        *others, last = qubits
        for qubit in others:
            self.circuit.cx(qubit, last)
        self.circuit.rz(-2.0 * angle * (-1.0) ** len(qubits), last)
        for qubit in reversed(others):
            self.circuit.cx(qubit, last)

    def _measure(self, mode: int, quadrature: Literal["x", "p"], result: str) -> None:
        from qiskit import ClassicalRegister

        qubits = self._qubits(mode)
        if quadrature == "p":
            self._fourier(mode)
            qubits.reverse()
        self.circuit.add_register(bits := ClassicalRegister(len(qubits), result))
        self.circuit.measure(qubits, bits)
        self.readouts.append(RegisterReadout(result, mode, quadrature))


def _times(left: Spins, right: Spins) -> Spins:
    out: Spins = {}
    for a, x in left.items():
        for b, y in right.items():
            out[a ^ b] = out.get(a ^ b, 0.0) + x * y  # s^2 = 1
    return out


def _in_bits(spins: Spins) -> Spins:
    """Write spins as bits: ``prod_Q (2 z - 1) = sum_{R in Q} 2^|R| (-1)^{|Q| - |R|} prod_R z``."""
    out: Spins = {}
    for qubits, coefficient in spins.items():
        for size in range(len(qubits) + 1):
            for chosen in combinations(sorted(qubits), size):
                key = frozenset(chosen)
                out[key] = out.get(key, 0.0) + coefficient * 2.0**size * (-1.0) ** (len(qubits) - size)
    return out


def _ordered(terms: Spins) -> Iterable[tuple[frozenset[int], float]]:
    """Return the terms in a fixed order, without the constant (a global phase) and without zeros."""
    kept = ((key, angle) for key, angle in terms.items() if key and angle != 0.0)
    return sorted(kept, key=lambda item: (len(item[0]), sorted(item[0])))


def _refusal(op: ops.Operation) -> str:
    """Return why an operation cannot be lowered; empty if it can."""
    for name, value in op.parameters().items():
        named = value.names if isinstance(value, Polynomial) else ()
        if named:
            return f"{name} must be a number, found {value}, which depends on {', '.join(named)}"
    match op:
        case ops.PrepareSqueezed() | ops.PolynomialPhase() | ops.ControlledX():
            return ""
        case ops.Displacement(_, _, p):
            return (
                "" if p == 0.0 else f"displacements must be in x alone, found p by {p}; write p as a phase linear in x"
            )
        case ops.Homodyne(_, angle, _):
            good = angle == 0.0 or isclose(angle, pi / 2, abs_tol=1e-12)
            return "" if good else f"the angle of a readout must be 0 or pi/2, found {angle}"
    return "use PrepareSqueezed, PolynomialPhase, Displacement in x, ControlledX and Homodyne of x or p"


def _require_prepared(circuit: Circuit) -> None:
    prepared: set[int] = set()
    for index, op in enumerate(circuit.operations):
        if isinstance(op, ops.PrepareSqueezed):
            prepared.update(op.modes)
        elif missing := [m for m in op.modes if m not in prepared]:
            raise InputError(f"operation {index} {op}: mode {missing[0]} carries an input; prepare it first")
